"""Let a rule hold that is in no policy, and lift it again."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.policies.manifest import RuleSpec
from coordination.policies.models import ImposedRule
from coordination.policies.services.moving import renew_stamp_of
from coordination.policies.services.records import STREAM
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.shared.live import ring
from coordination.shared.manifests import checked


@transaction.atomic
def impose(organization: Organization, source: str, rule: JsonObject, actor: Actor) -> bool:
    """Let a rule hold from the next decision on, and tell whether it is new; raises ManifestInvalid."""
    kept = checked(rule, RuleSpec, "").model_dump(mode="json")
    if ImposedRule.objects.filter(organization=organization, source=source, rule=kept).exists():
        return False
    ImposedRule.objects.update_or_create(
        organization=organization, source=source, defaults={"rule": kept, "created_at": now()}
    )
    _told(organization, actor, Entry("RuleImposed", {"rule": kept}, object=source))
    return True


@transaction.atomic
def lift(organization: Organization, source: str, actor: Actor) -> bool:
    """Let an imposed rule hold no more, and tell whether it did."""
    if not ImposedRule.objects.filter(organization=organization, source=source).delete()[0]:
        return False
    _told(organization, actor, Entry("ImposedRuleLifted", object=source))
    return True


def _told(organization: Organization, actor: Actor, entry: Entry) -> None:
    renew_stamp_of(organization.pk)
    append(organization.pk, STREAM, actor, [entry])
    ring(organization.pk, "policies")
