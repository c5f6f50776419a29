"""Is a policy ready to be reviewed? It compiles, its tests show what it does, and what looks odd is said."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.engine.manifest import Problem
from coordination.engine.rules.examples import Example, Tried, missing, mistakes_in, try_out
from coordination.policies.errors import NotValid
from coordination.policies.manifest import PolicySpec, RuleSpec, problems_of, rule_of
from coordination.policies.models import Policy, PolicyVersion, VersionStatus
from coordination.policies.selectors import version_of
from coordination.policies.services.linting import Lint, lints_of
from coordination.policies.services.moving import locked, move
from coordination.policies.services.records import record
from coordination.shared.errors import FieldError
from coordination.shared.manifests import refuse

_WANTED = {True: "one in which it holds", False: "one in which it does not"}


@dataclass(frozen=True, slots=True)
class RuleTests:
    """What came of the tests of one rule, and what none of them shows."""

    rule: str
    at: int
    tried: tuple[Tried, ...]
    missing: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Validation:
    """Everything that keeps a policy from being reviewed, and what is merely odd."""

    problems: tuple[Problem, ...] = ()
    tests: tuple[RuleTests, ...] = ()
    warnings: tuple[Lint, ...] = field(default=())

    @property
    def failures(self) -> list[FieldError]:
        """Return the tests that did not pass."""
        return [
            FieldError(
                f"/spec/rules/{of.at}/tests/{number}", f"{of.rule}: {_titled(tried.example, number)}: {tried.why}"
            )
            for of in self.tests
            for number, tried in enumerate(of.tried)
            if not tried.passed
        ]

    @property
    def untested(self) -> list[FieldError]:
        """Return the rules that no test shows to hold, or not to hold."""
        return [
            FieldError(f"/spec/rules/{of.at}/tests", f"{of.rule} needs a test more: {' and '.join(wanted)}")
            for of in self.tests
            if (wanted := [_WANTED[expected] for expected in of.missing])
        ]

    @property
    def errors(self) -> list[FieldError]:
        """Return everything that is wrong."""
        wrong = [FieldError(one.pointer, one.message, one.suggestion, one.line, one.column) for one in self.problems]
        return [*wrong, *self.failures, *self.untested]

    @property
    def is_valid(self) -> bool:
        """Tell whether the policy may be reviewed."""
        return not self.errors


def check(organization: Organization, spec: Any) -> Validation:
    """Return everything about a spec that a reviewer would have to ask, without saving it."""
    found = problems_of(spec)
    if found:
        return Validation(tuple(found))
    said = PolicySpec.model_validate(spec)
    tests = tuple(_tests_of(rule, at) for at, rule in enumerate(said.rules))
    return Validation(tuple(_mistaken(said)), tests, tuple(lints_of(organization, said)))


def run_tests(spec: Any) -> list[RuleTests]:
    """Return what comes of the tests that a spec keeps with its rules; raises ManifestInvalid."""
    if found := problems_of(spec):
        raise refuse(found)
    return [_tests_of(rule, at) for at, rule in enumerate(PolicySpec.model_validate(spec).rules)]


@transaction.atomic
def validate_version(policy: Policy, number: int, actor: Actor) -> Validation:
    """Check a version, and call a draft validated when nothing is wrong with it; raises VersionUnknown."""
    # Before the lock, for it may take a while; what a version says never changes.
    found = check(policy.organization, version_of(policy, number).spec)
    version = version_of(locked(policy), number)
    if found.is_valid and version.status == VersionStatus.DRAFT:
        move(version, VersionStatus.VALIDATED)
        record("PolicyValidated", version, actor, warnings=len(found.warnings))
    return found


@transaction.atomic
def mark_backtested(version: PolicyVersion, actor: Actor) -> None:
    """Note that it is known what a version would have changed; one that is further on stays where it is."""
    locked(version.policy)
    version.refresh_from_db()
    if version.status == VersionStatus.DRAFT and check(version.policy.organization, version.spec).is_valid:
        move(version, VersionStatus.VALIDATED)
    if version.status == VersionStatus.VALIDATED:
        move(version, VersionStatus.BACKTESTED)
        record("PolicyBacktested", version, actor)


def refuse_unready(version: PolicyVersion, found: Validation) -> None:
    """Raise NotValid unless nothing is wrong with the version."""
    if not found.is_valid:
        raise _not_valid(version, found.errors)


def refuse_failing(version: PolicyVersion) -> None:
    """Raise NotValid when a test that is kept with the version does not pass."""
    if found := Validation(tests=tuple(run_tests(version.spec))).failures:
        raise _not_valid(version, found)


def _not_valid(version: PolicyVersion, errors: list[FieldError]) -> NotValid:
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    why = f"{errors[0].message.removesuffix('.')}{more}."
    return NotValid(errors=errors, name=version.policy.name, number=version.number, why=why)


def _tests_of(rule: RuleSpec, at: int) -> RuleTests:
    examples = [Example(test.title, test.given, test.expected) for test in rule.tests]
    tried = try_out(rule_of("policy", 1, rule), examples) if examples else []
    return RuleTests(rule.key, at, tuple(tried), tuple(missing(examples)))


def _mistaken(said: PolicySpec) -> list[Problem]:
    """Return the facts of tests that are none."""
    return [
        Problem(f"/spec/rules/{at}/tests/{number}/given/{wrong.fact}", wrong.message, wrong.suggestion)
        for at, rule in enumerate(said.rules)
        for number, test in enumerate(rule.tests)
        for wrong in mistakes_in(test.given)
    ]


def _titled(example: Example, number: int) -> str:
    return example.title or f"test {number + 1}"
