"""The form by which somebody lets another person decide in their place."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from coordination.approvals.models import Band
from coordination.approvals.services import Wish
from coordination.shared.errors import FieldError
from coordination.web.forms.manifest import Wanted, listed

_BANDS: Final = tuple(reversed(Band.values))


def away_fields(people: Sequence[str], *, for_others: bool) -> list[Wanted]:
    """Return the fields; who may arrange it for others chooses who is away."""
    giver = [Wanted("from", "/from", "Who is away", widget="choice", required=True, options=people)]
    return [
        *(giver if for_others else []),
        Wanted("to", "/to", "Who decides instead", widget="choice", required=True, options=people),
        Wanted("start", "/start", "First day", widget="date", required=True),
        Wanted("end", "/end", "Last day", widget="date", required=True),
        Wanted("reason", "/reason", "Why", "Kept on record.", required=True),
        *(Wanted(f"band.{band}", f"/bands/{band}", f"{band.capitalize()} risk", widget="check") for band in _BANDS),
        Wanted("operations", "/operations", "Tools", "Only questions about these; nothing: all of them."),
        Wanted("agents", "/agents", "Agents", "Only what these propose; nothing: all of them."),
    ]


def typed_at_first(username: str, people: Sequence[str], today: date) -> dict[str, str]:
    """Return what the form says before anybody typed: someone else, from today on, for everything."""
    return {
        "from": username,
        "to": next((name for name in people if name != username), ""),
        "start": today.isoformat(),
        "end": (today + timedelta(days=7)).isoformat(),
        **{f"band.{band}": "on" for band in _BANDS},
    }


def wish_in(typed: Mapping[str, str], giver: str, zone: str) -> tuple[Wish | None, list[FieldError]]:
    """Return what a filled form wishes, or what cannot be read of it; days are those of a time zone."""
    place, errors = ZoneInfo(zone), []
    days: dict[str, date] = {}
    for name in ("start", "end"):
        try:
            days[name] = date.fromisoformat(typed.get(name, ""))
        except ValueError:
            errors.append(FieldError(f"/{name}", "write a day, such as 2026-12-24"))
    bands = [band for band in _BANDS if typed.get(f"band.{band}", "") in ("on", "true")]
    if not bands:
        errors.append(FieldError(f"/bands/{_BANDS[0]}", "choose at least one risk"))
    if errors:
        return None, errors
    wish = Wish(
        giver=typed.get("from", "") or giver,
        taker=typed.get("to", ""),
        starts_at=datetime.combine(days["start"], time(), place).astimezone(UTC),
        ends_at=datetime.combine(days["end"] + timedelta(days=1), time(), place).astimezone(UTC),
        reason=typed.get("reason", ""),
        bands=[] if len(bands) == len(_BANDS) else bands,
        operations=[str(word) for word in listed(typed.get("operations", ""))],
        agents=[str(word) for word in listed(typed.get("agents", ""))],
    )
    return wish, []
