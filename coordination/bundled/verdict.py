"""What a compliance check says: pass, fail or unsure, with its reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from coordination.adapters.ports import Result, Source
from coordination.shared.json import Json


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or may be."""

    verdict: Literal["fail", "unsure"]
    reason: str
    confidence: float


def judged(
    findings: Sequence[Finding],
    *,
    clean: float,
    sources: Sequence[Source] = (),
    extra: Mapping[str, Json] | None = None,
) -> Result:
    """Return the result of a check: the worst finding decides; `clean` is how sure it is when there are none."""
    worst = [finding for finding in findings if finding.verdict == "fail"] or list(findings)
    verdict = worst[0].verdict if worst else "pass"
    reasons: list[Json] = list(dict.fromkeys(finding.reason for finding in findings))
    return Result(
        output={"verdict": verdict, "reasons": reasons, **(extra or {})},
        confidence=max((finding.confidence for finding in worst), default=clean),
        rationale=" ".join(str(reason) for reason in reasons) or "Nothing to object to.",
        sources=tuple(sources),
    )
