"""The overview page."""

from django.http import HttpResponse

from coordination.accounts.rights import Right
from coordination.agents.models import AgentStatus
from coordination.agents.selectors import agents
from coordination.approvals.selectors import open_requests
from coordination.audit.selectors import alarms
from coordination.bias.selectors import alarming_monitors
from coordination.risk.selectors import tables_of
from coordination.runs import selectors
from coordination.web import fragments
from coordination.web.access import MemberRequest, may, require
from coordination.web.contexts.overview import MOST_ATTENTION, PERIODS, OverviewPage

USUAL_HOURS = 24
LIVE_ROWS = 12


@require(Right.READ)
def overview(request: MemberRequest) -> HttpResponse:
    """Show what goes on now, and how the last hours went."""
    organization = request.membership.organization
    live = selectors.live_runs(organization, LIVE_ROWS)
    steps = selectors.steps_of_each(live)
    page = OverviewPage.of(
        selectors.overview(organization, _hours(request)),
        [(run, steps[run.pk]) for run in live],
        request.membership,
        asking=selectors.which_ask_people(live),
        failed=selectors.runs(organization, status="failed")[:MOST_ATTENTION],
        requests=open_requests(organization)[:MOST_ATTENTION],
        suspended=agents(organization, status=AgentStatus.SUSPENDED)[:MOST_ATTENTION],
        biased=alarming_monitors(organization)[:MOST_ATTENTION],
        bands=tables_of(organization).bands,
        alarms=alarms(organization) if may(request, Right.AUDIT_READ) else (),
    )
    return fragments.render(request, "overview/overview.html", page, parts=("overview",))


def _hours(request: MemberRequest) -> int:
    asked = request.GET.get("hours", "")
    return int(asked) if asked.isdigit() and int(asked) in PERIODS else USUAL_HOURS
