"""What can go wrong with a set of manifests."""

from collections.abc import Sequence
from dataclasses import dataclass

from coordination.shared.errors import CoordinationError, FieldError, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake and the file it is in; `str()` is a line that editors can jump to."""

    source: str
    error: FieldError

    def __str__(self) -> str:
        """Return `file:line:column: path: message`."""
        error = self.error
        place = [str(number) for number in (error.line, error.column) if number is not None]
        hint = f"; did you mean {error.suggestion}?" if error.suggestion else ""
        said = f"{error.pointer}: {error.message}" if error.pointer else error.message
        return ": ".join([":".join([self.source, *place]), said + hint])


class ManifestUnreadable(Invalid):
    """The manifest cannot be read: {why}"""

    code = "manifest-unreadable"


class KindUnknown(NotFound):
    """There is no kind {name}; there are {known}."""

    code = "kind-unknown"


class NothingToApply(Invalid):
    """There is no manifest in {where}."""

    code = "nothing-to-apply"


class Refused(Invalid):
    """Nothing was applied: {n} to correct."""

    code = "refused"

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Keep where each mistake is."""
        self.findings = list(findings)
        count = f"{len(self.findings)} mistake{'s' if len(self.findings) != 1 else ''}"
        super().__init__(errors=[finding.error for finding in self.findings], n=count)


def findings_of(error: CoordinationError, source: str) -> list[Finding]:
    """Return what an error says about a file, even when it names no place in it."""
    return [Finding(source, one) for one in error.errors or [FieldError("", str(error))]]
