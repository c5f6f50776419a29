"""Whom the demo writes to: people's addresses, what a queue is told, and a chat that nobody has switched on yet."""

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization, User
from coordination.accounts.selectors import members
from coordination.notifications.models import Mail
from coordination.notifications.selectors import Way
from coordination.notifications.services import add_webhook, pause_webhook, set_ways

# An address of the block that is kept for examples: nothing listens there.
_CHAT = {
    "name": "Support leads' chat",
    "url": "https://192.0.2.10/hooks/support-leads",
    "shape": "slack",
    "topics": ["approval.escalated", "approval.duty", "agent.suspended"],
    "queues": [],
    "least_band": "",
}


def furnish(organization: Organization, actor: Actor) -> None:
    """Give people addresses, let leads hear of questions at once, and prepare a chat."""
    for member in members(organization):
        User.objects.filter(pk=member.user_id, email="").update(
            email=f"{member.user.username}@{organization.slug}.example"
        )
    set_ways(organization, {"approval.asked": Way(inbox=True, mail=Mail.INSTANT)}, actor, queue="lead")
    pause_webhook(add_webhook(organization, _CHAT, actor), actor)
