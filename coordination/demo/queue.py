"""How the demo's queue keeps time: office hours, who is on duty, and somebody who is away."""

from datetime import timedelta

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.accounts.selectors import members
from coordination.approvals.services import Wish, change_rules, make_delegation
from coordination.shared.clock import now

_HOURS = {"monday": "07:00-19:00", "tuesday": "07:00-19:00", "wednesday": "07:00-19:00", "thursday": "07:00-19:00",
          "friday": "07:00-17:00", "saturday": "09:00-14:00"}  # fmt: skip
_AWAY = timedelta(days=10)


def furnish(organization: Organization, actor: Actor) -> None:
    """Give the support team hours, put people on duty, and let the lead's next leave be covered."""
    rules = {
        "calendars": {
            "group:support": {"zone": "Europe/Berlin", "around_the_clock": ["critical", "high"], **_HOURS},
        },
        "duty": {"people": ["lead", "admin"], "turn": "week", "zone": "Europe/Berlin"},
        # The demo's customers write more in ten minutes than those of a small shop.
        "flood": {"requests": 60, "within": "10m"},
    }
    change_rules(organization, rules, actor, "How the support team works.")
    lead = members(organization).get(user__username="lead")
    wish = Wish(
        giver="lead",
        taker="reviewer",
        starts_at=now() + _AWAY,
        ends_at=now() + 2 * _AWAY,
        reason="Ten days of leave.",
        bands=["low", "medium"],
    )
    make_delegation(lead, wish)
