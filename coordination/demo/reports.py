"""What the demo has on its pages of reports: a schedule, some owners, and a pack of how it began."""

from datetime import timedelta
from typing import Final

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.engine.timetable.periods import begin_of
from coordination.reports.services import ask_for_report, assess, make_due_reports, set_schedule
from coordination.shared.clock import now

_OWNERS: Final = {
    "eu-9": "Support platform",
    "eu-12": "IT",
    "eu-14": "Head of support",
    "eu-26-5": "Head of support",
    "soc-cc6-3": "IT",
    "soc-cc8-1": "Support platform",
}


def furnish(organization: Organization, actor: Actor) -> None:
    """Name some owners, let packs be made each month, and ask for one of this month so far."""
    for control, owner in _OWNERS.items():
        assess(organization, control, actor, owner=owner)
    set_schedule(organization, actor, is_active=True)
    make_due_reports()
    moment = now()
    tomorrow = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    ask_for_report(organization, begin_of(moment, "month"), tomorrow, actor)
