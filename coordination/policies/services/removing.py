"""Forget a policy that never held: what was once enforced explains decisions and stays."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.policies.errors import OnceEnforced
from coordination.policies.models import Policy
from coordination.policies.services.records import record


@transaction.atomic
def remove(policy: Policy, actor: Actor) -> None:
    """Remove a policy with its drafts; raises OnceEnforced."""
    policy = Policy.objects.select_for_update().get(pk=policy.pk, organization_id=policy.organization_id)
    if policy.versions.filter(published_at__isnull=False).exists():
        raise OnceEnforced(name=policy.name)
    newest = policy.versions.first()
    policy.delete()
    if newest is not None:
        record("PolicyRemoved", newest, actor)
