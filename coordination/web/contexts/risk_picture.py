"""A risk score as a picture: where it stands on the scale, and what each part of it adds, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from coordination.engine.trust.risk import Band, band_of
from coordination.engine.trust.tables import DEFAULT, Bands
from coordination.policies.models import PolicyDecision
from coordination.web import words
from coordination.web.contexts import status as statuses
from coordination.web.contexts.status import Status

_UNDOING: Final = {
    "reversible": "it can be taken back",
    "compensable": "it can only be made good afterwards",
    "irreversible": "it cannot be taken back",
}
_TITLES: Final = {
    "reliability": "Track record",
    "novelty": "New",
    "confidence": "Doubt",
    "anomaly": "Unusual amount",
    "tainted": "Untrusted source",
    "money": "Money",
    "data": "Data",
    "people": "People",
    "safety": "Safety",
    "reversibility": "Undoing",
    "affected": "Reach",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What one part adds."""

    title: str
    words: str
    points: int


@dataclass(frozen=True, slots=True)
class Zone:
    """The stretch of the scale that a band covers."""

    tone: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class RiskPicture:
    """One score."""

    score: int
    band: Band
    status: Status
    zones: list[Zone]
    parts: list[Part]
    described: str

    @classmethod
    def of(cls, facts: Mapping[str, Any], bands: Bands = DEFAULT.bands) -> "RiskPicture | None":
        """Return the picture of the score among the facts of a decision; None where nothing was scored."""
        score, parts = facts.get("risk.score"), facts.get("risk.parts")
        if not isinstance(score, int) or not isinstance(parts, dict):
            return None
        band = band_of(score, bands)
        ordered = sorted(parts.items(), key=lambda part: (-part[1], part[0]))
        return cls(
            score=score,
            band=band,
            status=statuses.of_risk(score, bands) or statuses.RESTING,
            zones=zones(bands),
            parts=[Part(_TITLES.get(str(name), str(name)), _said(str(name), facts), int(n)) for name, n in ordered],
            described=f"Risk {score} of 100, {band}. Medium begins at {bands.medium}, high at {bands.high}, "
            f"critical at {bands.critical}.",
        )


def riskiest(decisions: Iterable[PolicyDecision], bands: Bands = DEFAULT.bands) -> RiskPicture | None:
    """Return the picture of the highest score among decisions."""
    scored = [one.input for one in decisions if isinstance(one.input.get("risk.parts"), dict)]
    return RiskPicture.of(max(scored, key=lambda facts: facts["risk.score"]), bands) if scored else None


def zones(bands: Bands) -> list[Zone]:
    """Return the bands as stretches of the scale."""
    ends = (0, bands.medium, bands.high, bands.critical, 100)
    tones = ("ok", "wait", "bad", "bad")
    return [Zone(tone, low, high - low) for tone, low, high in zip(tones, ends[:-1], ends[1:], strict=True)]


def _said(name: str, facts: Mapping[str, Any]) -> str:
    agent = facts.get("agent.name") or ""
    match name:
        case "reliability":
            return f"{agent or 'who answered before it'} is not surely right often enough"
        case "novelty":
            return f"{agent or 'this workflow'} has rarely done this"
        case "confidence":
            return f"the least sure says {facts['confidence']:.2f}" if "confidence" in facts else "nobody says how sure"
        case "anomaly":
            return "far more than it mostly moves"
        case "tainted":
            return "something was read before that strangers may have written"
        case "money":
            amount = facts.get("action.amount", 0)
            return (
                f"it moves {words.number(amount)}" if isinstance(amount, int | float) else "what it moves is no number"
            )
        case "data":
            return f"{facts.get('action.classification') or 'unknown'} data"
        case "people":
            return "what it can do to a person’s life"
        case "safety":
            return "what it can do to somebody’s health"
        case "reversibility":
            return _UNDOING.get(str(facts.get("action.reversibility", "")), "nobody knows whether it can be undone")
        case "affected":
            return "how many people or records it affects"
    return ""
