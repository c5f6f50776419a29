"""The forms about reports: which period, how a control stands, when packs are made by themselves."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from coordination.engine.timetable import periods
from coordination.reports.models import Every, ReportSchedule, Standing
from coordination.reports.selectors import Judged
from coordination.shared.errors import FieldError
from coordination.web.forms.manifest import Wanted

PERIOD = (
    Wanted("since", "/since", "From", "The first day, from midnight UTC on.", "date", required=True),
    Wanted("until", "/until", "Up to and with", "The last day.", "date", required=True),
)
SCHEDULE = (
    Wanted("is_active", "/is_active", "Make a pack after each period", "What was missed meanwhile is made up for.",
           "check"),
    Wanted("every", "/every", "Period", "Each begins at midnight UTC.", "choice", required=True,
           options=tuple(Every.values)),
    Wanted("keep", "/keep", "Packs to keep",
           "The newest so many, whatever they were made for. Of older ones stays what they were, not their bytes.",
           "number", required=True),
)  # fmt: skip
ASSESSMENT = (
    Wanted("standing", "/standing", "How it stands", "Empty: as the catalogue has it.", "choice",
           options=tuple(Standing.values)),
    Wanted("owner", "/owner", "Who answers for it", "A person or a team."),
    Wanted("note", "/note", "What you say about it", "Printed in the report. Needed where it does not apply.", "lines"),
)  # fmt: skip


def last_month(moment: datetime) -> dict[str, str]:
    """Return the last whole month as it is typed."""
    since, until = periods.before(moment, "month")
    return {"since": f"{since:%Y-%m-%d}", "until": f"{until - timedelta(days=1):%Y-%m-%d}"}


def period_in(typed: Mapping[str, str]) -> tuple[datetime, datetime] | list[FieldError]:
    """Return the period that was typed, or what cannot be read."""
    found, errors = {}, []
    for name in ("since", "until"):
        try:
            found[name] = datetime.combine(date.fromisoformat(typed.get(name, "").strip()), time(), UTC)
        except ValueError:
            errors.append(FieldError(f"/{name}", "write a day, such as 2026-10-31"))
    if errors:
        return errors
    try:
        return found["since"], found["until"] + timedelta(days=1)
    except OverflowError:
        return [FieldError("/until", "write a day before the year 9999")]


def schedule_typed(schedule: ReportSchedule) -> dict[str, str]:
    """Return a schedule as it would have been typed."""
    return {"is_active": "on" if schedule.is_active else "", "every": schedule.every, "keep": str(schedule.keep)}


def assessment_typed(control: Judged) -> dict[str, str]:
    """Return what an organization said about a control as it would have been typed."""
    said = control.assessment
    return {"standing": said.standing, "owner": said.owner, "note": said.note} if said else {}
