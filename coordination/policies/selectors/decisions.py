"""What was decided, newest first, by whatever people look for."""

from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from coordination.accounts.models import Organization
from coordination.policies.errors import DecisionUnknown
from coordination.policies.models import PolicyDecision

# Sentences only: whoever looks for "policy" or "rule" does not want every decision.
_SAYS = """EXISTS (
    SELECT 1 FROM jsonb_array_elements("policies_policydecision"."reasons") AS reason
    WHERE reason ->> 'title' ILIKE %s OR reason ->> 'statement' ILIKE %s
        OR reason ->> 'message' ILIKE %s OR reason ->> 'message_to_agent' ILIKE %s
)"""


def decisions(
    organization: Organization,
    *,
    run_id: UUID | None = None,
    agent: str = "",
    action: str = "",
    hook: str = "",
    outcome: str = "",
    policy: str = "",
    rule: str = "",
    text: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[PolicyDecision]:
    """Return what was decided, newest first; `since` is included, `until` is not."""
    wanted = {
        "run_id": run_id,
        "agent": agent,
        "action": action,
        "hook": hook,
        "outcome": outcome,
        "created_at__gte": since,
        "created_at__lt": until,
    }
    found = PolicyDecision.objects.filter(
        _held(policy, rule), organization=organization, **{name: value for name, value in wanted.items() if value}
    )
    if text:
        found = found.filter(_says(text))
    return found.order_by("-id")


def decision(organization: Organization, decision_id: UUID) -> PolicyDecision:
    """Return one decision; raises DecisionUnknown."""
    found = PolicyDecision.objects.filter(organization=organization, id=decision_id).first()
    if found is None:
        raise DecisionUnknown(id=decision_id)
    return found


def decisions_of_run(organization: Organization, run_id: UUID) -> QuerySet[PolicyDecision]:
    """Return a run's decisions in the order in which they were taken."""
    return PolicyDecision.objects.filter(organization=organization, run_id=run_id).order_by("id")


def _held(policy: str, rule: str) -> Q:
    """Return the condition that a rule held: of this policy, of this name, or both at once."""
    held = {name: value for name, value in (("policy", policy), ("rule", rule)) if value}
    if not held:
        return Q()
    condition = Q(policies__contains=[policy]) if policy else ~Q(policies=[])
    return condition & Q(matched__contains=[held]) if rule else condition


def _says(text: str) -> RawSQL:
    """Return the condition that a sentence among the reasons holds a text, in capitals or not."""
    literally = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return RawSQL(_SAYS, [f"%{literally}%"] * 4, output_field=BooleanField())  # noqa: S611  (constant text, bound value)
