"""What a workflow asks for that its organization does not have: agents, tools, other workflows, people."""

from collections.abc import Collection, Iterator
from functools import cached_property
from uuid import UUID

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import RIGHTS_OF_ROLE, Right
from coordination.accounts.selectors import may, members
from coordination.agents.selectors import agents, tools
from coordination.engine.flow.asked import Asked
from coordination.engine.flow.definition import WorkflowSpec
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


_ROLES = [role for role, rights in RIGHTS_OF_ROLE.items() if Right.APPROVAL_DECIDE in rights]
_DECIDERS = f"the role {' or '.join(_ROLES)}, beside any other"


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
        fitting = [person for person in self._people.values() if _is_asked(asked, person)]
        place = next(name for name in ("role", "group", "users") if getattr(asked, name))
        if fitting and not any(may(person, Right.APPROVAL_DECIDE) for person in fitting):
            message = f"{_those_asked(asked, fitting)} may not decide, so nobody could answer: that takes {_DECIDERS}"
            yield Problem(pointer((*question.path, place)), message)
        elif not fitting and place != "users":
            message = f"there is nobody {_kind_of(asked)} here, so nobody could answer"
            yield Problem(pointer((*question.path, place)), message)
        elif fitting and asked.n_required > self._n_deciders:
            n = self._n_deciders
            few = f"only {n} {'person' if n == 1 else 'people'} here may decide anything"
            yield Problem(pointer((*question.path, "n_required")), f"{asked.n_required} people must agree, but {few}")

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
    def _people(self) -> dict[str, Membership]:
        return {person.user.username: person for person in members(self._organization)}

    @cached_property
    def _n_deciders(self) -> int:
        """Return how many people may decide at all: what was put to one can be passed on to any of them."""
        return sum(may(person, Right.APPROVAL_DECIDE) for person in self._people.values())


def _is_asked(asked: Asked, person: Membership) -> bool:
    """Tell whether a question is put to somebody, by name or by role and group, as an approval does."""
    fits_role = not asked.role or asked.role in person.roles
    fits_group = not asked.group or asked.group in person.groups
    return person.user.username in asked.users or bool((asked.role or asked.group) and fits_role and fits_group)


def _those_asked(asked: Asked, fitting: list[Membership]) -> str:
    if asked.role or asked.group:
        return f"those {_kind_of(asked)}"
    return " and ".join(person.user.username for person in fitting)


def _kind_of(asked: Asked) -> str:
    kind = f"with the role {asked.role}" if asked.role else ""
    team = f"in the group {asked.group}" if asked.group else ""
    return " ".join(word for word in (kind, team) if word)
