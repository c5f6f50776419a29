"""How soon a question must be seen, decided, and when it lapses, by how much is at risk and when people work."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from coordination.accounts.models import MemberRole
from coordination.approvals.manifest import Rules
from coordination.approvals.models import ApprovalRequest, Band, Reversibility, TimeoutAction
from coordination.approvals.question import Stage
from coordination.engine.timetable import calls
from coordination.engine.timetable.business import Calendar, after
from coordination.engine.timetable.calls import Call

CLAIM_LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """By when a question is to be taken up and decided, and when it lapses."""

    acknowledge_by: datetime
    due_at: datetime
    expires_at: datetime


def deadlines(rules: Rules, calendar: Calendar | None, band: str, asked_at: datetime) -> Deadlines:
    """Return the deadlines of a question that is asked at a moment."""
    clock = rules.clock(band)
    return Deadlines(
        acknowledge_by=after(calendar, asked_at, clock.to_acknowledge),
        due_at=after(calendar, asked_at, clock.to_decide),
        expires_at=after(calendar, asked_at, clock.to_expire),
    )


def start_clocks(request: ApprovalRequest, rules: Rules, expires_in: timedelta | None) -> None:
    """Set by when a new question is wanted; a time of its own to expire is time that goes by, not work time."""
    calendar = rules.calendar(request.stage, request.risk_band)
    found = deadlines(rules, calendar, request.risk_band, request.created_at)
    request.expires_at = request.created_at + expires_in if expires_in else found.expires_at
    request.due_at = request.promised_at = min(found.due_at, request.expires_at)
    request.acknowledge_by = min(found.acknowledge_by, request.expires_at)
    request.next_call_at = planned_calls(request, rules)[0][0]


def above(asked: Stage, level: int, rules: Rules) -> Stage | None:
    """Return whom a late question is put to next; None where nobody is above those whom a stage asks."""
    if level >= len(rules.levels) or asked.role == MemberRole.ADMIN:
        return None
    to = Stage(role=rules.levels[level].role, group=rules.levels[level].group)
    return None if (asked.role, asked.group) == (to.role, to.group) else to


def passes_in_silence(request: ApprovalRequest, rules: Rules) -> bool:
    """Tell whether nobody's answer counts as consent: where the organization wants that, of what can do little harm.

    Only an action of a tool is known to be reversible.
    """
    is_harmless = request.risk_band == Band.LOW and request.reversibility == Reversibility.REVERSIBLE
    is_action = request.tool_version is not None and request.subject.startswith("run:")
    return rules.unattended and is_harmless and is_action and request.timeout_action == TimeoutAction.DENY


def planned_calls(request: ApprovalRequest, rules: Rules) -> list[tuple[datetime, Call]]:
    """Return every call that a question makes while nobody answers it, with its moment.

    They follow the stage that was asked first: whoever is asked later on finds the question as late as it is.
    """
    clock = rules.clock(request.risk_band)
    calendar = rules.calendar(request.chain[0] if request.chain else request.stage, request.risk_band)
    return calls.plan(calendar, request.created_at, clock.to_acknowledge, clock.to_decide, rules.calls.pace())
