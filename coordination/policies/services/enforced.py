"""The rules an organization enforces and those it tries out, compiled once in each process."""

import threading
from collections.abc import Iterator
from uuid import UUID

from django.db import transaction
from pydantic import ValidationError

from coordination.engine.rules.rulebook import Rulebook, Trial
from coordination.engine.rules.ruleset import Broken, Rule
from coordination.policies.manifest import PolicySpec, rule_of
from coordination.policies.models import (
    CANDIDATES,
    MISSING_STAMP,
    NO_RULES,
    ImposedRule,
    Policy,
    PolicyVersion,
    VersionStatus,
)
from coordination.policies.selectors import stamp_of

MAX_KEPT = 1_000
# A canary whose part was not written down decides nothing.
_NO_RUNS = 0
# What is imposed is in no policy and has no versions.
_IMPOSED = 0
_kept: dict[UUID, tuple[UUID, Rulebook]] = {}
_lock = threading.Lock()


class RulesMissing(Exception):
    """There are enforced policies, and nothing says which state of them holds."""


def rules_of(organization_id: UUID, stamp: UUID | None = None) -> Rulebook:
    """Return the organization's rules as they are now; one statement, or none when the caller read the stamp.

    The stamp is read before the rules, and publishing renews it in the transaction that changes them: what is kept
    under a stamp can be newer than it, never older. So a publish holds from the next decision on, in any process.
    Raises RulesMissing.
    """
    current = stamp or stamp_of(organization_id)
    kept = _kept.get(organization_id)
    if kept is not None and kept[0] == current:
        return kept[1]
    if current == MISSING_STAMP:
        raise RulesMissing(organization_id)
    book = Rulebook(_stored(organization_id), _trials(organization_id)) if current != NO_RULES else Rulebook([])
    with _lock:
        _kept.pop(organization_id, None)
        while len(_kept) >= MAX_KEPT:
            del _kept[next(iter(_kept))]
        _kept[organization_id] = (current, book)
    return book


def _stored(organization_id: UUID) -> list[Rule | Broken]:
    # A savepoint: when this fails, the caller's transaction must live on, for the denial is recorded in it.
    with transaction.atomic():
        enforced = Policy.objects.filter(organization_id=organization_id, enforced__isnull=False).order_by("name")
        rows = list(enforced.values_list("name", "enforced__number", "enforced__spec"))
        imposed = imposed_rules(organization_id)
    return [rule for name, number, spec in rows for rule in rules_in(name, number, spec)] + imposed


def _trials(organization_id: UUID) -> Iterator[Trial]:
    """Yield the versions that are in shadow or on a part of the runs."""
    with transaction.atomic():
        tried = PolicyVersion.objects.filter(policy__organization_id=organization_id, status__in=CANDIDATES)
        rows = list(
            tried.order_by("policy__name", "number").values_list(
                "policy__name", "number", "spec", "status", "canary_percent"
            )
        )
    for name, number, spec, status, percent in rows:
        part = percent or _NO_RUNS if status == VersionStatus.CANARY else _NO_RUNS
        yield Trial(name, number, tuple(rules_in(name, number, spec)), part)


def imposed_rules(organization_id: UUID) -> list[Rule | Broken]:
    """Return the rules that hold although they are in no policy."""
    rows = ImposedRule.objects.filter(organization_id=organization_id).order_by("source").values_list("source", "rule")
    return [rule for source, said in rows for rule in rules_in(source, _IMPOSED, {"rules": [said]})]


def rules_in(name: str, number: int, spec: object) -> list[Rule | Broken]:
    """Return the rules of one version as the engine judges by them."""
    try:
        return [rule_of(name, number, rule) for rule in PolicySpec.model_validate(spec).rules]
    except ValidationError as error:
        return [Broken(name, number, f"its version {number} can no longer be read: {error.errors()[0]['msg']}")]
