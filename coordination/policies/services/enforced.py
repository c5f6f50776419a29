"""The rules an organization enforces, compiled once in each process."""

import threading
from uuid import UUID

from django.db import transaction
from pydantic import ValidationError

from coordination.engine.rules.ruleset import Broken, Rule, RuleSet
from coordination.policies.manifest import PolicySpec, rule_of
from coordination.policies.models import NO_RULES, Policy
from coordination.policies.selectors import stamp_of

MAX_KEPT = 1_000
_kept: dict[UUID, tuple[UUID, RuleSet]] = {}
_lock = threading.Lock()


def rules_of(organization_id: UUID, stamp: UUID | None = None) -> RuleSet:
    """Return the organization's rules as they are now; one statement, or none when the caller read the stamp.

    The stamp is read before the rules, and publishing renews it in the transaction that changes them: what is kept
    under a stamp can be newer than it, never older. So a publish holds from the next decision on, in any process.
    """
    current = stamp or stamp_of(organization_id)
    kept = _kept.get(organization_id)
    if kept is not None and kept[0] == current:
        return kept[1]
    rules = RuleSet(_stored(organization_id) if current != NO_RULES else [])
    with _lock:
        _kept.pop(organization_id, None)
        while len(_kept) >= MAX_KEPT:
            del _kept[next(iter(_kept))]
        _kept[organization_id] = (current, rules)
    return rules


def _stored(organization_id: UUID) -> list[Rule | Broken]:
    # A savepoint: when this fails, the caller's transaction must live on, for the denial is recorded in it.
    with transaction.atomic():
        enforced = Policy.objects.filter(organization_id=organization_id, enforced__isnull=False).order_by("name")
        rows = list(enforced.values_list("name", "enforced__number", "enforced__spec"))
    return [rule for name, number, spec in rows for rule in _rules_in(name, number, spec)]


def _rules_in(name: str, number: int, spec: object) -> list[Rule | Broken]:
    try:
        return [rule_of(name, number, rule) for rule in PolicySpec.model_validate(spec).rules]
    except ValidationError as error:
        return [Broken(name, number, f"its version {number} can no longer be read: {error.errors()[0]['msg']}")]
