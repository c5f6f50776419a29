"""What a check of the record found."""

from collections.abc import Sequence
from dataclasses import dataclass

FINDINGS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; the record or the checkpoint is named as far as it can be named.

    `seq` is the record's place in its organization's tree, None where it has none or it is not known.
    """

    problem: str
    organization: str = ""
    stream: str = ""
    stream_no: int = 0
    id: str = ""
    kind: str = ""
    seq: int | None = None
    checkpoint: int = 0

    def __str__(self) -> str:
        known = ", ".join(part for part in (self.id and f"id {self.id}", self.kind) if part)
        name = f" ({known})" if known else ""
        if self.stream:
            return f"stream {self.stream}, record {self.stream_no}{name}: {self.problem}"
        if self.seq is not None:
            return f"record at place {self.seq}{name}: {self.problem}"
        return f"checkpoint {self.checkpoint}: {self.problem}" if self.checkpoint else self.problem


class Findings(list[Finding]):
    """The first findings; a log that is wrong everywhere does not fill the memory."""

    def append(self, finding: Finding) -> None:
        """Keep a finding, unless there are too many already."""
        if len(self) < FINDINGS_KEPT:
            super().append(finding)


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found; only the first findings are kept.

    Of the records that were `checked`, `sealed` are in a signed tree. Those that were `dropped` when their time was
    over are not among them: of them only the leaf is left.
    """

    streams: int
    checked: int
    findings: tuple[Finding, ...]
    sealed: int = 0
    dropped: int = 0
    checkpoints: int = 0

    @property
    def first_bad(self) -> Finding | None:
        """Return the first finding."""
        return self.findings[0] if self.findings else None

    @property
    def unsealed(self) -> int:
        """Return how many records wait for the sealer: a change of them can't be proved yet."""
        return self.checked - self.sealed


def added(reports: Sequence[Report]) -> Report:
    """Return what several checks found together."""
    return Report(
        streams=sum(report.streams for report in reports),
        checked=sum(report.checked for report in reports),
        findings=tuple(finding for report in reports for finding in report.findings)[:FINDINGS_KEPT],
        sealed=sum(report.sealed for report in reports),
        dropped=sum(report.dropped for report in reports),
        checkpoints=sum(report.checkpoints for report in reports),
    )
