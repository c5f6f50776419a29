"""Which policies there are, what they did lately, and what was decided."""

from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import F, Func, IntegerField, OuterRef, QuerySet, Subquery, UUIDField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from coordination.accounts.models import Organization
from coordination.policies.errors import DecisionUnknown, PolicyUnknown, VersionUnknown
from coordination.policies.models import NO_RULES, Policy, PolicyDecision, PolicyVersion, RuleSetStamp
from coordination.shared.clock import now

LATELY = timedelta(days=7)
# One pass over the week's decisions, whatever the number of policies: {name: how often}.
_FIRED = """(
    SELECT json_object_agg(name, times) FROM (
        SELECT unnest(policies) AS name, count(*) AS times FROM policies_policydecision
        WHERE organization_id = %s AND created_at >= %s AND policies <> '{}'
        GROUP BY 1
    ) AS fired
)"""

_FIRED_BY_RULE = """
    SELECT held.value ->> 'rule', count(*)
    FROM policies_policydecision AS decision CROSS JOIN LATERAL jsonb_array_elements(decision.matched) AS held
    WHERE decision.organization_id = %s AND decision.created_at >= %s AND decision.policies <> '{}'
        AND %s = ANY(decision.policies) AND held.value ->> 'policy' = %s
    GROUP BY 1
"""


def policies(organization: Organization, *, enforced: bool | None = None) -> QuerySet[Policy]:
    """Return the organization's policies by name, each with `fired`: how often its rules held in the last 7 days."""
    found = Policy.objects.filter(organization=organization).select_related("enforced").order_by("name")
    if enforced is not None:
        found = found.filter(enforced__isnull=not enforced)
    times = Func(
        RawSQL(_FIRED, (organization.pk, now() - LATELY)),  # noqa: S611  (constant text, bound parameters)
        F("name"),
        template="(%(expressions)s)::int",
        arg_joiner=" ->> ",
        output_field=IntegerField(),
    )
    return found.annotate(fired=Coalesce(times, 0))


def fired_by_rule(policy: Policy) -> dict[str, int]:
    """Return how often each rule of a policy held in the last 7 days; rules that never did are missing."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRED_BY_RULE, [policy.organization_id, now() - LATELY, policy.name, policy.name])
        return dict(cursor.fetchall())


def policy_named(organization: Organization, name: str) -> Policy:
    """Return one policy; raises PolicyUnknown."""
    policy = Policy.objects.filter(organization=organization, name=name).select_related("enforced").first()
    if policy is None:
        raise PolicyUnknown(name=name)
    return policy


def versions_of(policy: Policy) -> QuerySet[PolicyVersion]:
    """Return a policy's versions, newest first."""
    return policy.versions.select_related("restores").order_by("-number")


def version_of(policy: Policy, number: int) -> PolicyVersion:
    """Return one version; raises VersionUnknown."""
    version = policy.versions.filter(number=number).first()
    if version is None:
        raise VersionUnknown(name=policy.name, number=number)
    return version


def decisions(
    organization: Organization,
    *,
    run_id: UUID | None = None,
    agent: str = "",
    action: str = "",
    hook: str = "",
    outcome: str = "",
    policy: str = "",
) -> QuerySet[PolicyDecision]:
    """Return what was decided, newest first."""
    wanted = {"run_id": run_id, "agent": agent, "action": action, "hook": hook, "outcome": outcome}
    found = PolicyDecision.objects.filter(
        organization=organization, **{name: value for name, value in wanted.items() if value}
    )
    if policy:
        found = found.filter(policies__contains=[policy])
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


def stamp_of(organization_id: UUID) -> UUID:
    """Return the stamp of the organization's enforced rules."""
    # Read before every act: without the ORM it costs a third.
    with connection.cursor() as cursor:
        cursor.execute("SELECT stamp FROM policies_rulesetstamp WHERE organization_id = %s", [organization_id])
        found = cursor.fetchone()
    return UUID(str(found[0])) if found else NO_RULES


def stamp_beside(organization_id: str) -> Coalesce:
    """Return the stamp as an annotation for another room's query, whose column holds the organization.

    `Step.objects.annotate(stamp=stamp_beside("run__organization_id"))` saves the statement that `decide` would spend.
    """
    kept = RuleSetStamp.objects.filter(organization_id=OuterRef(organization_id)).values("stamp")
    return Coalesce(Subquery(kept), Value(NO_RULES), output_field=UUIDField())
