"""What a workflow asks for that its organization does not have: agents, tools, other workflows, people."""

from collections.abc import Collection, Iterator
from functools import cached_property
from uuid import UUID

from coordination.accounts.models import Organization
from coordination.accounts.selectors import members
from coordination.agents.selectors import agents, tools
from coordination.engine.flow.definition import Approval, WorkflowSpec
from coordination.engine.flow.references import (
    Question,
    Reference,
    certain_calls,
    endless,
    questions_in,
    references_in,
)
from coordination.engine.manifest import Problem, pointer
from coordination.engine.mistakes import closest
from coordination.workflows.selectors import plan_of, workflows


def missing(organization: Organization, name: str, spec: WorkflowSpec) -> list[Problem]:
    """Return everything that a workflow of this name asks for and would not find."""
    house = _House(organization)
    found = [house.problem(asked, name) for asked in references_in(spec)]
    for question in questions_in(spec):
        found += house.unanswerable(question)
    return [one for one in found if one is not None] + [*house.endless_calls(name, spec)]


class _House:
    """What an organization has, each kind looked up once and only if it is asked for."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization

    def problem(self, asked: Reference, caller: str) -> Problem | None:
        """Return what is wrong with a name; a workflow may call itself."""
        known, sentence = self._known(asked)
        if asked.name in known or (asked.kind == "workflow" and asked.name == caller):
            return None
        return Problem(pointer(asked.path), sentence, closest(asked.name, known))

    def unanswerable(self, question: Question) -> Iterator[Problem]:
        """Yield the people who are not here, and that nobody who is here could answer."""
        asked = question.asked
        for at, user in enumerate(asked.users):
            if user not in self._people:
                message = f"there is nobody called {user} here"
                yield Problem(pointer((*question.path, "users", at)), message, closest(user, self._people))
        if (asked.role or asked.group) and not asked.users and not any(self._fitting(asked)):
            kind = f"with the role {asked.role}" if asked.role else ""
            team = f"in the group {asked.group}" if asked.group else ""
            who = " ".join(word for word in (kind, team) if word)
            place = pointer((*question.path, "role" if asked.role else "group"))
            yield Problem(place, f"there is nobody {who} here, so nobody could answer")

    def endless_calls(self, name: str, spec: WorkflowSpec) -> Iterator[Problem]:
        """Yield calls that come back to the workflow itself, every time."""
        for called, path in certain_calls(spec):
            way = endless(name, self._calls_from(called), called)
            if way:
                message = f"this calls itself without end: {' → '.join(way)}; give one of the steps a condition"
                yield Problem(pointer(path), message)

    def _known(self, asked: Reference) -> tuple[Collection[str], str]:
        """Return the names that are known, and what it means that this one is not among them."""
        match asked.kind:
            case "agent":
                return self._agents, f"there is no agent {asked.name}"
            case "capability":
                return self._capabilities, f"no agent has the capability {asked.name}"
            case "tool":
                return self._tools, f"there is no tool {asked.name}"
            case "role":
                return self._played, f"no agent has the role {asked.name}"
        live = [name for name, version in self._workflows.items() if version is not None]
        if asked.name in self._workflows:
            return live, f"workflow {asked.name} has no published version yet: publish it first"
        return live, f"there is no workflow {asked.name}"

    def _fitting(self, asked: Approval) -> Iterator[bool]:
        for has_roles, has_groups in self._people.values():
            yield (not asked.role or asked.role in has_roles) and (not asked.group or asked.group in has_groups)

    def _calls_from(self, name: str) -> dict[str, list[str]]:
        """Return which workflows each one calls that can be reached from this one."""
        calls: dict[str, list[str]] = {}
        queue = [name]
        for here in queue:
            live = self._workflows.get(here)
            if here not in calls and live is not None:
                calls[here] = [called for called, _ in certain_calls(plan_of(live).spec)]
                queue += calls[here]
        return calls

    @cached_property
    def _agents(self) -> set[str]:
        return set(agents(self._organization).values_list("name", flat=True))

    @cached_property
    def _played(self) -> set[str]:
        return set(agents(self._organization).values_list("role_name", flat=True))

    @cached_property
    def _capabilities(self) -> set[str]:
        return {name for has in agents(self._organization).values_list("capabilities", flat=True) for name in has}

    @cached_property
    def _tools(self) -> set[str]:
        return set(tools(self._organization).values_list("name", flat=True))

    @cached_property
    def _workflows(self) -> dict[str, UUID | None]:
        return dict(workflows(self._organization).values_list("name", "live_id"))

    @cached_property
    def _people(self) -> dict[str, tuple[list[str], list[str]]]:
        return {person.user.username: (person.roles, person.groups) for person in members(self._organization)}
