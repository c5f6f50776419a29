"""What the tabs of a policy's page show beside its rules: tests, parameters, exceptions, differences, history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from coordination.engine.rules.difference import Change, Direction, differences
from coordination.engine.rules.examples import Tried
from coordination.policies.models import CANDIDATES, Policy, PolicyVersion, VersionStatus
from coordination.policies.services.validating import RuleTests
from coordination.web import words
from coordination.web.contexts.policy_words import status_of
from coordination.web.contexts.status import Status
from coordination.web.contexts.versions import SHOWN, Line, compare
from coordination.web.forms.policy_values import typed
from coordination.web.templatetags.ui import readable

DIRECTIONS = {
    Direction.LOOSER: Status("looser", "bad", "alert", "more may happen"),
    Direction.STRICTER: Status("stricter", "ok", "check", "less may happen"),
    Direction.UNCLEAR: Status("unclear", "wait", "alert", "look closely"),
}
PASSED = Status("passed", "ok", "check", "passes")
FAILED = Status("failed", "bad", "failed", "fails")
_MISSING = {True: "one in which it holds", False: "one in which it does not"}
_SCOPES = {"workflows": "workflows", "agents": "agents", "roles": "roles", "actions": "actions"}


@dataclass(frozen=True, slots=True)
class TestView:
    """One test of a rule with what came of it."""

    at: int
    title: str
    given: list[tuple[str, str]]
    expected: str
    status: Status
    why: str

    @classmethod
    def of(cls, at: int, tried: Tried) -> "TestView":
        """Return how the test reads."""
        return cls(
            at=at,
            title=tried.example.title or f"Test {at + 1}",
            given=[pair for name, value in tried.example.given.items() for pair in _given(name, value)],
            expected="holds" if tried.example.expected else "does not hold",
            status=PASSED if tried.passed else FAILED,
            why=tried.why,
        )


@dataclass(frozen=True, slots=True)
class RuleTestsView:
    """The tests of one rule."""

    key: str
    tests: list[TestView]
    missing: str
    facts: str

    @classmethod
    def of(cls, found: RuleTests, facts: str) -> "RuleTestsView":
        """Return the tests; `facts` are those that a new one would have to give."""
        wanted = " and ".join(_MISSING[expected] for expected in found.missing)
        return cls(
            key=found.rule,
            tests=[TestView.of(at, tried) for at, tried in enumerate(found.tried)],
            missing=f"Needs {wanted}." if wanted else "",
            facts=facts,
        )


@dataclass(frozen=True, slots=True)
class ParamView:
    """One parameter that can be changed alone."""

    name: str
    field: str
    title: str
    type: str
    value: str
    error: str


@dataclass(frozen=True, slots=True)
class RuleParams:
    """The parameters of one rule."""

    key: str
    params: list[ParamView]

    @classmethod
    def all_of(cls, spec: Mapping[str, Any], said: Mapping[str, str], errors: Mapping[str, str]) -> list["RuleParams"]:
        """Return the parameters of every rule that has some; `said` is what was typed, by the field's name."""
        return [
            cls(rule["key"], [_param(rule["key"], name, param, said, errors) for name, param in rule["params"].items()])
            for rule in spec["rules"]
            if rule.get("params")
        ]


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """One exception from a rule."""

    rule: str
    at: int
    about: str
    until: datetime
    status: Status
    approved_by: str
    reason: str
    is_over: bool

    @classmethod
    def all_of(cls, spec: Mapping[str, Any], now: datetime) -> list["ExceptionView"]:
        """Return the exceptions of every rule."""
        return [
            cls._of(rule["key"], at, said, now)
            for rule in spec["rules"]
            for at, said in enumerate(rule.get("exceptions") or ())
        ]

    @classmethod
    def _of(cls, rule: str, at: int, said: Mapping[str, Any], now: datetime) -> "ExceptionView":
        until = datetime.fromisoformat(said["until"])
        is_over = until <= now
        left = Status("over", "idle", "idle", "over") if is_over else Status("open", "wait", "waiting", "in force")
        about = [f"{title} {', '.join(names)}" for name, title in _SCOPES.items() if (names := said["scope"].get(name))]
        return cls(
            rule, at, " · ".join(about) or "everything", until, left, said["approved_by"], said["reason"], is_over
        )


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One difference in words, and the rule that it is about, if it is about one."""

    rule: str
    sentence: str
    status: Status | None

    @classmethod
    def of(cls, change: Change) -> "ChangeView":
        """Return the difference."""
        text = change.sentence.removeprefix(f"{change.rule}: ") if change.rule else change.sentence
        return cls(change.rule, text if change.rule else text[:1].upper() + text[1:], DIRECTIONS.get(change.direction))


@dataclass(frozen=True, slots=True)
class DiffView:
    """What a version says otherwise than another one, in words and as text."""

    before: str
    after: str
    changes: list[ChangeView]
    lines: list[Line]

    @classmethod
    def of(cls, before: PolicyVersion | None, after: PolicyVersion) -> "DiffView":
        """Compare two versions; without an older one everything is new."""
        found = differences(before.spec if before else None, after.spec)
        return cls(
            before=f"v{before.number}" if before else "nothing",
            after=f"v{after.number}",
            changes=[ChangeView.of(one) for one in found],
            lines=compare(readable(before.spec), readable(after.spec)) if before else [],
        )


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One version: who wrote it, why, what it changed, how it came into force."""

    version: PolicyVersion
    status: Status
    link: str
    diff_link: str
    facts: list[str]
    changes: list[ChangeView]
    may_restore: bool
    may_redraft: bool

    @classmethod
    def all_of(cls, policy: Policy, versions: Sequence[PolicyVersion], may_edit: bool) -> list["HistoryRow"]:
        """Return versions, newest first; the last one given is only compared with."""
        address = reverse("policy", args=[policy.name])
        rows = []
        for at, version in enumerate(versions[:SHOWN]):
            before = _before(version, versions[at + 1 :])
            changes = differences(before.spec, version.spec) if before else []
            over = version.status in (VersionStatus.SUPERSEDED, VersionStatus.ROLLED_BACK)
            rows.append(
                cls(
                    version=version,
                    status=status_of(version),
                    link=f"{address}?version={version.number}",
                    diff_link=f"{address}?tab=diff&version={version.number}",
                    facts=_history_facts(version),
                    changes=[ChangeView.of(one) for one in changes],
                    may_restore=may_edit and over and version.published_at is not None,
                    may_redraft=may_edit and (over or version.status == VersionStatus.REJECTED) and at > 0,
                )
            )
        return rows


def _given(name: str, value: Any) -> list[tuple[str, str]]:
    """Return a fact with its value; what lies in a map, each by its path."""
    if isinstance(value, dict) and value:
        return [pair for inner, item in value.items() for pair in _given(f"{name}.{inner}", item)]
    return [(name, typed(value) or "empty")]


def _before(version: PolicyVersion, older: Sequence[PolicyVersion]) -> PolicyVersion | None:
    """Return the version that its author had before them, else the one before."""
    based_on = next((one for one in older if one.number == version.based_on), None)
    return based_on or next(iter(older), None)


def _history_facts(version: PolicyVersion) -> list[str]:
    told = [f"by {version.created_by}"]
    if version.restores:
        told.append(f"says what v{version.restores.number} said")
    if version.reviewed_by:
        told.append(f"approved by {' and '.join(version.reviewed_by)}")
    if version.way and (version.published_at or version.status in CANDIDATES):
        told.append(version.get_way_display())
    if version.published_by and version.published_by != version.created_by:
        told.append(f"enforced by {version.published_by}")
    return told


def _param(
    rule: str, name: str, param: Mapping[str, Any], said: Mapping[str, str], errors: Mapping[str, str]
) -> ParamView:
    field = f"value-{rule}-{name}"
    value = said.get(field, typed(param["value"]))
    return ParamView(name, field, param.get("title", "") or name, param["type"], value, errors.get(field, ""))


def passing(tests: Sequence[RuleTests]) -> str:
    """Say how the tests of a version stand, for the tab: "12 ✓"."""
    tried = [one for of in tests for one in of.tried]
    failed = sum(not one.passed for one in tried)
    return f"{failed} of {words.count(len(tried))} ✗" if failed else f"{words.count(len(tried))} ✓" if tried else "0"
