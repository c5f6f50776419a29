"""The forms of how a queue keeps time: its clocks, its hours, and who is on duty."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from coordination.approvals.manifest import Duty, Rules, WorkHours
from coordination.approvals.models import Band
from coordination.engine.timetable.business import DAYS
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject
from coordination.web.forms.manifest import Wanted

BANDS: Final = tuple(reversed(Band.values))
CLOCKS: Final = (("acknowledge", "Taken up within"), ("decide", "Decided within"), ("expire", "Lapses after"))
_SHARES: Final = (
    ("remind", "Remind at", "Percent of the time to decide."),
    ("escalate", "Next level at", "Percent. What was put to reviewers is put to them from then on."),
    ("duty", "On duty at", "Percent. Whoever is on duty may decide it from then on."),
)
_ON: Final = ("on", "true")


def clock_fields() -> list[Wanted]:
    """Return the fields of the clocks, the calls, and of how much is too much."""
    clocks = [
        Wanted(f"{band}.{name}", f"/clocks/{band}/{name}", title, part=f"{band.capitalize()} risk, ", required=True)
        for band in BANDS
        for name, title in CLOCKS
    ]
    shares = [
        Wanted(f"calls.{name}", f"/calls/{name}", title, note, "number", required=True, step="any")
        for name, title, note in _SHARES
    ]
    return [
        *clocks,
        *shares,
        Wanted("calls.repeats", "/calls/repeats", "Repeats", "So often at most the one on duty is called again.",
               "number", required=True),
        Wanted("levels", "/levels", "Levels", "One a line: a role, or a role and a group, such as reviewer lead.",
               "lines", required=True),
        Wanted("unattended", "/unattended", "Silence lets pass what is low in risk and reversible",
               "No human agreed to it then, and it says so wherever it is shown. Everything else counts as refused.",
               "check"),
        Wanted("load.open", "/load/open", "Questions before one person", "From there on others are asked first.",
               "number", required=True),
        Wanted("load.decisions_per_hour", "/load/decisions_per_hour", "Decisions in an hour",
               "Whoever took more is asked last.", "number", required=True),
        Wanted("flood.requests", "/flood/requests", "Questions of one agent", "More than that are a flood.", "number",
               required=True),
        Wanted("flood.within", "/flood/within", "Within", "Such as 10m or 1h.", required=True),
        Wanted("flood.pauses", "/flood/pauses", "Pause the agent", "Otherwise admins are only told.", "check"),
        Wanted("reason", "/reason", "Why", "Kept with the change."),
    ]  # fmt: skip


def typed_of_clocks(rules: Rules) -> dict[str, str]:
    """Return the clocks as they would have been typed."""
    clocks = {f"{band}.{name}": getattr(rules.clock(band), name) for band in BANDS for name, _ in CLOCKS}
    shares = {f"calls.{name}": f"{getattr(rules.calls, name) * 100:g}" for name, *_ in _SHARES}
    return {
        **clocks,
        **shares,
        "calls.repeats": str(rules.calls.repeats),
        "levels": "\n".join(f"{level.role or '-'} {level.group}".strip() for level in rules.levels),
        "unattended": _ON[0] if rules.unattended else "",
        "load.open": str(rules.load.open),
        "load.decisions_per_hour": str(rules.load.decisions_per_hour),
        "flood.requests": str(rules.flood.requests),
        "flood.within": rules.flood.within,
        "flood.pauses": _ON[0] if rules.flood.pauses else "",
    }


def clocks_in(typed: Mapping[str, str], rules: Rules) -> JsonObject:
    """Return the rules with the clocks that a filled form says; the hours and who is on duty stay as they are."""
    said: dict[str, Any] = rules.model_dump(mode="json")
    said["clocks"] = {band: {name: typed.get(f"{band}.{name}", "").strip() for name, _ in CLOCKS} for band in BANDS}
    said["calls"] = {name: _share(typed.get(f"calls.{name}", "")) for name, *_ in _SHARES}
    said["calls"]["repeats"] = typed.get("calls.repeats", "")
    said["levels"] = [_level(line) for line in typed.get("levels", "").splitlines() if line.strip()]
    said["unattended"] = typed.get("unattended", "") in _ON
    said["load"] = {name: typed.get(f"load.{name}", "") for name in ("open", "decisions_per_hour")}
    said["flood"] = {name: typed.get(f"flood.{name}", "").strip() for name in ("requests", "within")}
    said["flood"]["pauses"] = typed.get("flood.pauses", "") in _ON
    return said


def hours_fields() -> list[Wanted]:
    """Return the fields of the work hours of a queue."""
    days = [Wanted(day, f"/{day}", day.capitalize(), "" if at else "Such as 09:00-12:30, 13:30-18:00; nothing: nobody"
                   " works.") for at, day in enumerate(DAYS)]  # fmt: skip
    always = [
        Wanted(f"always.{band}", f"/around_the_clock/{band}", f"{band.capitalize()} risk at any hour",
               "The clock of such questions never stands still." if band == BANDS[0] else "", "check")
        for band in BANDS
    ]  # fmt: skip
    return [
        Wanted("zone", "/zone", "Time zone", "Such as Europe/Berlin.", required=True),
        *days,
        *always,
        Wanted("holidays", "/holidays", "Holidays", "One a line: 2026-12-25 Christmas Day.", "box"),
    ]


def typed_of_hours(hours: WorkHours) -> dict[str, str]:
    """Return work hours as they would have been typed."""
    return {
        "zone": hours.zone,
        **{day: getattr(hours, day) for day in DAYS},
        **{f"always.{band}": _ON[0] if band in hours.around_the_clock else "" for band in BANDS},
        "holidays": "\n".join(f"{day} {name}".strip() for day, name in sorted(hours.holidays.items())),
    }


def hours_in(typed: Mapping[str, str]) -> JsonObject:
    """Return the work hours that a filled form says."""
    lines = [line.strip().partition(" ") for line in typed.get("holidays", "").splitlines() if line.strip()]
    return {
        "zone": typed.get("zone", ""),
        **{day: typed.get(day, "") for day in DAYS},
        "around_the_clock": [band for band in BANDS if typed.get(f"always.{band}", "") in _ON],
        "holidays": {day: name.strip() for day, _, name in lines},
    }


def duty_fields() -> list[Wanted]:
    """Return the fields of who is on duty."""
    return [
        Wanted("people", "/people", "People", "One a line, in the order of their turns.", "box"),
        Wanted("turn", "/turn", "A turn is a", "From midnight to midnight.", "choice", required=True,
               options=("week", "day")),
        Wanted("since", "/since", "The first one’s turn began on", "A day, such as 2026-01-05.", "date", required=True),
        Wanted("zone", "/zone", "Time zone", "Such as Europe/Berlin.", required=True),
    ]  # fmt: skip


def typed_of_duty(duty: Duty) -> dict[str, str]:
    """Return who is on duty as it would have been typed."""
    return {"people": "\n".join(duty.people), "turn": duty.turn, "since": str(duty.since), "zone": duty.zone}


def duty_in(typed: Mapping[str, str]) -> JsonObject:
    """Return what a filled form says of who is on duty."""
    people: list[Any] = [line.strip() for line in typed.get("people", "").splitlines() if line.strip()]
    return {"people": people} | {name: typed.get(name, "").strip() for name in ("turn", "since", "zone")}


def placed(errors: Sequence[FieldError], beside: Mapping[str, str]) -> list[FieldError]:
    """Return errors about several fields beside one of them."""
    return [FieldError(beside.get(one.pointer, one.pointer), one.message, one.suggestion) for one in errors]


def _level(line: str) -> JsonObject:
    role, _, group = line.strip().partition(" ")
    return {"role": "" if role == "-" else role, "group": group.strip()}


def _share(text: str) -> Any:
    """Return a share where percent were typed, else the text, which is then refused beside its field."""
    try:
        return float(text) / 100
    except ValueError:
        return text
