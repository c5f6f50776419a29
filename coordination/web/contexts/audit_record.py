"""One record: what it says, its place in its stream, and the proof that it is what was sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from coordination.audit.models import AuditEvent
from coordination.audit.services import Proof
from coordination.engine.proof.findings import Report
from coordination.web import words
from coordination.web.contexts import audit_tabs
from coordination.web.contexts.audit import WAITS, checkpoint_link
from coordination.web.contexts.audit_ladder import Ladder
from coordination.web.contexts.links import place_of
from coordination.web.contexts.parts import Choice
from coordination.web.contexts.status import Status


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
class ProofView:
    """The proof of a record, computed for this page."""

    status: Status
    checked: Status
    said: str
    ladder: Ladder
    seq: str
    sealed_in: str
    sealed_link: str
    proved_by: str
    proved_link: str
    download: str

    @classmethod
    def of(cls, proof: Proof) -> "ProofView":
        """Say what was computed, and draw it."""
        by, number = proof.checkpoint, proof.sealed_in.number
        hashes = words.plural(len(proof.path), "hash", "hashes")
        said = (
            f"The hash of this record, with {hashes} beside it, gives the root that was signed in checkpoint "
            f"{words.count(by.number)}. Had a letter of it been changed, it would give another."
        )
        broken = Status("broken", "bad", "alert", "Proof broken", proof.problem)
        return cls(
            status=Status("sealed", "ok", "approvals", f"Sealed in checkpoint {words.count(number)}"),
            checked=broken if proof.problem else Status("holds", "ok", "done", "Verified just now"),
            said=proof.problem or said,
            ladder=Ladder.of(proof.seq, by.size, proof.path, bytes(by.root)),
            seq=words.count(proof.seq),
            sealed_in=f"checkpoint {words.count(number)}",
            sealed_link=checkpoint_link(number),
            proved_by=f"checkpoint {words.count(by.number)}",
            proved_link=checkpoint_link(by.number),
            download=f"/api/v1/audit/{proof.event.id}/proof/",
        )


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A record in the same stream, right before or after."""

    said: str
    number: int
    link: str

    @classmethod
    def of(cls, event: AuditEvent) -> "Neighbour":
        """Return how it is shown."""
        return cls(words.event(event.kind), event.stream_no, reverse("audit-event", args=[event.id]))


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One record."""

    event: AuditEvent
    said: str
    about_link: str
    stream_link: str
    in_stream: str
    details: dict[str, Any]
    before: Neighbour | None
    after: Neighbour | None
    check: Check | None
    proof: ProofView | None
    waits: Status
    tabs: list[Choice]

    @classmethod
    def of(
        cls,
        event: AuditEvent,
        details: dict[str, Any],
        neighbours: Sequence[AuditEvent],
        proof: Proof | None,
        report: Report | None,
    ) -> "RecordPage":
        """Compute the page; `details` hold personal values in their places, `neighbours` stand beside it."""
        before = next((one for one in neighbours if one.stream_no < event.stream_no), None)
        after = next((one for one in neighbours if one.stream_no > event.stream_no), None)
        return cls(
            event=event,
            said=words.event(event.kind),
            about_link=place_of(event.object),
            stream_link=place_of(event.stream),
            in_stream=f"{reverse('audit')}?stream={event.stream}",
            details=details,
            before=Neighbour.of(before) if before else None,
            after=Neighbour.of(after) if after else None,
            check=Check.of(report, event.stream) if report else None,
            proof=ProofView.of(proof) if proof else None,
            waits=WAITS,
            tabs=audit_tabs.tabs(audit_tabs.RECORDS),
        )
