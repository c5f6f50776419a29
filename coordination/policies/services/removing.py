"""Forget a policy that never held: what was once enforced explains decisions and stays."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.approvals import services as approvals
from coordination.policies.errors import OnceEnforced
from coordination.policies.models import CANDIDATES, Policy
from coordination.policies.services.changing import ask_about_change
from coordination.policies.services.moving import renew_stamp
from coordination.policies.services.records import record


@transaction.atomic
def remove(policy: Policy, actor: Actor) -> None:
    """Remove a policy with its drafts; raises OnceEnforced."""
    policy = Policy.objects.select_for_update().get(pk=policy.pk, organization_id=policy.organization_id)
    if policy.versions.filter(published_at__isnull=False).exists():
        raise OnceEnforced(name=policy.name)
    newest = policy.versions.first()
    ask_about_change(policy.organization, actor, "policy", "remove", policy.name)
    was_tried = policy.versions.filter(status__in=CANDIDATES).exists()
    approvals.cancel_for(policy.organization, f"policy:{policy.name}", actor=actor, reason="the policy was removed")
    policy.delete()
    if was_tried:
        renew_stamp(policy)
    if newest is not None:
        record("PolicyRemoved", newest, actor)
