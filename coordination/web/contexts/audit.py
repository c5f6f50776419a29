"""The record: its list, and one entry with everything that proves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from coordination.audit.models import AuditEvent
from coordination.engine.proof.chain import Report
from coordination.web import words
from coordination.web.contexts.links import place_of
from coordination.web.contexts.parts import Pager
from coordination.web.forms.audit import AuditFilters


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One record in a list."""

    event: AuditEvent
    link: str
    said: str
    about: str

    @classmethod
    def of(cls, event: AuditEvent) -> "AuditRow":
        """Return the row."""
        link = reverse("audit-event", args=[event.id])
        return cls(event, link, words.event(event.kind), _readable(event.object or event.stream))


@dataclass(frozen=True, slots=True)
class AuditPage:
    """The list of records with its filters."""

    rows: list[AuditRow]
    pager: Pager
    filters: AuditFilters
    here: str
    kinds: list[str]
    actors: list[str]
    is_filtered: bool

    @classmethod
    def of(cls, events: Sequence[AuditEvent], pager: Pager, filters: AuditFilters, here: str) -> "AuditPage":
        """Compute the page; what it offers to filter by is what it shows."""
        return cls(
            rows=[AuditRow.of(event) for event in events],
            pager=pager,
            filters=filters,
            here=here,
            kinds=sorted({event.kind for event in events}),
            actors=sorted({event.actor for event in events}),
            is_filtered=bool(filters.wanted),
        )


@dataclass(frozen=True, slots=True)
class Check:
    """What came of checking a stream."""

    tone: str
    said: str
    findings: list[str]

    @classmethod
    def of(cls, report: Report, stream: str) -> "Check":
        """Say it in a sentence."""
        records = words.plural(report.checked, "record")
        if not report.findings:
            return cls("ok", f"All {records} of {stream} are as they were written.", [])
        wrong = [str(finding) for finding in report.findings]
        return cls("bad", f"{stream} is not as it was written.", wrong)


@dataclass(frozen=True, slots=True)
class EventPage:
    """One record."""

    event: AuditEvent
    said: str
    about_link: str
    stream_link: str
    in_stream: str
    details: dict[str, Any]
    before: AuditEvent | None
    after: AuditEvent | None
    check: Check | None

    @classmethod
    def of(cls, event: AuditEvent, neighbours: Sequence[AuditEvent], report: Report | None) -> "EventPage":
        """Compute the page; `neighbours` are the records right before and after it in its stream."""
        return cls(
            event=event,
            said=words.event(event.kind),
            about_link=place_of(event.object),
            stream_link=place_of(event.stream),
            in_stream=f"{reverse('audit')}?stream={event.stream}",
            details=event.data,
            before=next((one for one in neighbours if one.stream_no < event.stream_no), None),
            after=next((one for one in neighbours if one.stream_no > event.stream_no), None),
            check=Check.of(report, event.stream) if report else None,
        )


def _readable(thing: str) -> str:
    """Shorten the identifiers in what a record is about: run:0199…4f/step:send → run 0199…4f, step send."""
    said = []
    for part in thing.split("/"):
        kind, _, name = part.partition(":")
        said.append(f"{kind} {words.shortened(name) if len(name) == 36 else name}".strip())
    return ", ".join(said)
