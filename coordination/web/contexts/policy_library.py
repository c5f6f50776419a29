"""The library of policies: the list by topic, and one of them with its rules and tests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.rules.examples import Example, Tried, try_out
from coordination.engine.rules.wording import words as as_words
from coordination.policies.frameworks import FRAMEWORKS, TAGS
from coordination.policies.library import TOPICS, Entry
from coordination.policies.manifest import RuleSpec, rule_of
from coordination.policies.models import Policy
from coordination.shared.errors import FieldError
from coordination.web import words
from coordination.web.contexts.parts import Choice, Problem
from coordination.web.contexts.policy_rule import RuleView
from coordination.web.contexts.policy_words import EFFECTS
from coordination.web.contexts.status import Status
from coordination.web.forms.manifest import NAME_HELP, Filled, Wanted
from coordination.web.forms.schema import Field

ENFORCED = Status("enforced", "ok", "done", "Enforced")
TAKEN = Status("taken", "idle", "check", "Taken")
PASSED = Status("passed", "ok", "check", "holds")
PASSED_NOT = Status("passed-not", "ok", "check", "does not hold")
FAILED = Status("failed", "bad", "failed", "fails")
FIELDS = (
    Wanted("name", "/metadata/name", "Name", NAME_HELP, required=True),
    Wanted("owner", "/spec/owner", "Owner", "Who answers for it: a person or a team."),
)


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of a policy of the library here."""

    policy: Policy
    status: Status
    link: str

    @classmethod
    def of(cls, policy: Policy) -> "Made":
        """Return where it stands."""
        return cls(policy, ENFORCED if policy.enforced_id else TAKEN, reverse("policy", args=[policy.name]))


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """One policy of the library in the list."""

    entry: Entry
    description: str
    link: str
    effects: list[Status]
    status: Status | None

    @classmethod
    def of(cls, entry: Entry, taken: Sequence[Policy]) -> "LibraryRow":
        """Return the row."""
        made = [Made.of(policy).status for policy in taken]
        return cls(
            entry=entry,
            description=entry.manifest.metadata.description,
            link=reverse("library-policy", args=[entry.name]),
            effects=[EFFECTS[effect] for effect in entry.effects],
            status=ENFORCED if ENFORCED in made else TAKEN if made else None,
        )


@dataclass(frozen=True, slots=True)
class Topic:
    """The policies about one thing."""

    name: str
    title: str
    rows: list[LibraryRow]


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """All policies of the library."""

    topics: list[Topic]
    by_topic: list[Choice]
    by_framework: list[Choice]
    here: str
    counted: str

    @classmethod
    def of(
        cls, entries: Iterable[Entry], taken: Mapping[str, Sequence[Policy]], topic: str, framework: str, here: str
    ) -> "LibraryPage":
        """Compute the list."""
        found = list(entries)
        groups = groupby(found, key=lambda entry: entry.topic)
        return cls(
            topics=[
                Topic(name, TOPICS[name], [LibraryRow.of(one, taken.get(one.name, [])) for one in rows])
                for name, rows in groups
            ],
            by_topic=[Choice("All topics", _link("", framework), here=not topic)]
            + [Choice(title, _link(name, framework), here=name == topic) for name, title in TOPICS.items()],
            by_framework=[Choice("All frameworks", _link(topic, ""), here=not framework)]
            + [Choice(name, _link(topic, name), here=name == framework) for name in FRAMEWORKS],
            here=here,
            counted=words.plural(len(found), "policy", "policies"),
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A test of a rule and what came of it."""

    title: str
    status: Status
    why: str

    @classmethod
    def of(cls, tried: Tried) -> "Shown":
        """Return the line."""
        status = FAILED if not tried.passed else PASSED if tried.example.expected else PASSED_NOT
        return cls(tried.example.title, status, "" if tried.passed else tried.why)


@dataclass(frozen=True, slots=True)
class LibraryRule:
    """One rule with its tests."""

    view: RuleView
    params: list[tuple[str, str, str]]
    tests: list[Shown]

    @classmethod
    def of(cls, rule: RuleSpec) -> "LibraryRule":
        """Run the tests of a rule, and return how it reads."""
        examples = [Example(test.title, test.given, test.expected) for test in rule.tests]
        tried = try_out(rule_of("library", 1, rule), examples)
        said = rule.model_dump(mode="json", exclude_none=True)
        params = [(name, as_words(param.value), param.title) for name, param in rule.params.items()]
        return cls(RuleView.of(said, "", None), params, [Shown.of(one) for one in tried])


@dataclass(frozen=True, slots=True)
class LibraryPolicyPage:
    """One policy of the library."""

    entry: Entry
    description: str
    topic: str
    rules: list[LibraryRule]
    supports: list[tuple[str, str]]
    made: list[Made]
    fields: dict[str, Field]
    problems: list[Problem]
    may_install: bool

    @classmethod
    def of(
        cls,
        entry: Entry,
        taken: Iterable[Policy],
        membership: Membership,
        typed: Mapping[str, str],
        errors: Iterable[FieldError],
    ) -> "LibraryPolicyPage":
        """Compute the page for one member."""
        filled = Filled.of(FIELDS, typed, errors)
        return cls(
            entry=entry,
            description=entry.manifest.metadata.description,
            topic=TOPICS[entry.topic],
            rules=[LibraryRule.of(rule) for rule in entry.spec.rules],
            supports=[(tag, TAGS[tag]) for tag in entry.spec.tags],
            made=[Made.of(policy) for policy in taken],
            fields=filled.fields,
            problems=filled.problems,
            may_install=may(membership, Right.POLICY_EDIT),
        )


def _link(topic: str, framework: str) -> str:
    asked = {name: value for name, value in (("topic", topic), ("framework", framework)) if value}
    return f"{reverse('policy-library')}{'?' if asked else ''}{urlencode(asked)}"
