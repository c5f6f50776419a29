"""Which policies there are, what each version says, and how often their rules held lately."""

from datetime import timedelta

from django.db import connection
from django.db.models import F, Func, IntegerField, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from coordination.accounts.models import Organization
from coordination.policies.errors import PolicyUnknown, VersionUnknown
from coordination.policies.models import Policy, PolicyVersion
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
