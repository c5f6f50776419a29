"""Forms about anchors, holds, retention and erasure."""

from collections.abc import Mapping
from datetime import UTC, datetime, time

from django.utils.dateparse import parse_date

from coordination.audit.models import AnchorKind, AuditRetention, HoldScope
from coordination.web.forms.manifest import Wanted

KINDS: Mapping[str, str] = {str(kind.label): kind.value for kind in AnchorKind}
SCOPES: Mapping[str, str] = {str(scope.label): scope.value for scope in HoldScope}


def anchor_fields() -> list[Wanted]:
    """Return the fields of a new anchor."""
    return [
        Wanted("kind", "/kind", "Kind", "A folder and a witness can be asked later; a message is compared by hand.",
               "choice", required=True, options=list(KINDS)),
        Wanted("address", "/address", "Where",
               "The name of a folder below the operator's, a web address, or an e-mail address.", required=True),
        Wanted("key", "/key", "Key of the witness", "Only for a witness: its page shows it as name+id+key.", "code"),
    ]  # fmt: skip


def log_fields() -> list[Wanted]:
    """Return the field of a log that is to be witnessed."""
    return [
        Wanted("keys", "/keys", "Its keys", "The page with its checkpoints shows them as origin+id+key, one a line.",
               "code", required=True)
    ]  # fmt: skip


def hold_fields() -> list[Wanted]:
    """Return the fields of a new hold."""
    return [
        Wanted("scope", "/scope", "What to keep", "", "choice", required=True, options=list(SCOPES)),
        Wanted("value", "/value", "Which", "Of a run run:its-id, of a person the id below; nothing for everything."),
        Wanted("reason", "/reason", "Why", "Whoever reads of it later must understand it.", "lines", required=True),
        Wanted("until", "/until", "Until", "The whole day; without a date, until it is lifted.", "date"),
    ]  # fmt: skip


def retention_fields() -> list[Wanted]:
    """Return the fields of how long records are kept."""
    return [
        Wanted("days", "/days", "Days", "What happened in runs.", "number", required=True),
        Wanted("long_days", "/long_days", "Days for decisions", "Approvals, policies, members and this log itself.",
               "number", required=True),
    ]  # fmt: skip


def typed_of_retention(kept: AuditRetention) -> dict[str, str]:
    """Return what holds as it would have been typed."""
    return {"days": str(kept.days), "long_days": str(kept.long_days)}


def erase_fields() -> list[Wanted]:
    """Return the fields of an erasure."""
    return [
        Wanted("basis", "/basis", "Legal basis", "For example: GDPR Art. 17(1)(b), consent withdrawn on 3 May.",
               "lines", required=True),
        Wanted("sure", "/sure", "I know that this cannot be taken back", "", "check", required=True),
    ]  # fmt: skip


def number_in(typed: Mapping[str, str], name: str) -> int | None:
    """Return a whole number that was typed, or None."""
    text = typed.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None


def end_of_day(text: str) -> datetime | None:
    """Return the end of a day that was typed; raises ValueError for what is none."""
    if not text.strip():
        return None
    day = parse_date(text.strip())
    if day is None:
        raise ValueError(text)
    return datetime.combine(day, time.max, UTC)
