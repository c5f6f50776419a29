"""What agents answer in a vote, read as ballots: what they choose, how sure to be of it, and what else they know.

An answer names a `choice` (or a `ranking` of options), and may say `vetoes` (options with reasons), `beliefs` (sets of
options with weights) and what each option is worth to its agent (`values`, and the least it would settle for,
`reservation`). What is not of the right kind counts as not said: an answer is data, whoever wrote it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from coordination.engine.council.ballots import Ballot
from coordination.engine.council.beliefs import Mass
from coordination.engine.negotiation.bargaining import Party
from coordination.engine.trust import calibration
from coordination.engine.trust.calibration import Correction
from coordination.engine.trust.reliability import Record

_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """What was known of an agent when it was asked: whom it answers for, its record, its authority and its family."""

    asked: int = 0
    version: int = 0
    authority: int = 0
    family: str = ""
    successes: float = 0.0
    failures: float = 0.0
    slope: float | None = None
    shift: float | None = None

    @property
    def record(self) -> Record:
        """Return how often it was right and wrong."""
        return Record(self.successes, self.failures)

    @property
    def reliability(self) -> float | None:
        """Return how often it is right at least; None while nothing is known of it."""
        return self.record.lower if self.record.n else None

    def confidence(self, stated: float | None) -> float | None:
        """Return how sure to be when it says that it is so sure."""
        if stated is None:
            return None
        correction = Correction(self.slope, self.shift or 0.0) if self.slope is not None else None
        return calibration.read(stated, self.record, correction)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one agent said."""

    agent: str
    output: Mapping[str, Any]
    stated: float | None
    standing: Standing


def option_of(value: object) -> str:
    """Return an option as the text that it is known by; "" for what cannot be one."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case float() if isfinite(value):
            return str(int(value)) if value == int(value) else repr(value)
        case str():
            return value.strip()[:_LONGEST]
    return ""


def options_of(values: Iterable[object]) -> list[str]:
    """Return options as texts, each once, in their order."""
    return list(dict.fromkeys(option for value in values if (option := option_of(value))))


def ballot_of(answer: Answer, choice: str, options: Sequence[str] | None) -> Ballot:
    """Return an answer as a ballot; what is none of the options is an abstention."""
    ranked = answer.output.get("ranking")
    ranking = options_of(ranked) if isinstance(ranked, list) else []
    chosen = option_of(answer.output.get(choice))
    allowed = options if options is not None else [*ranking, chosen]
    ranking = [option for option in ranking if option in allowed]
    standing = answer.standing
    return Ballot(
        voter=answer.agent,
        choice=chosen if chosen in allowed else "",
        ranking=tuple(ranking),
        confidence=standing.confidence(answer.stated),
        reliability=standing.reliability,
        authority=standing.authority,
        family=standing.family,
    )


def reasons_of(said: object, default: str) -> dict[str, str]:
    """Return options that something speaks against, each with the reason; from a list they all have the same."""
    if isinstance(said, Mapping):
        return {option_of(option): str(reason)[:_LONGEST] or default for option, reason in said.items()}
    return dict.fromkeys(options_of(said), default) if isinstance(said, list) else {}


def belief_of(answer: Answer, options: Sequence[str]) -> tuple[Mass, float] | None:
    """Return what an agent partly believes, and how often it is right: [{"options": […], "weight": 0.6}, …]."""
    said = answer.output.get("beliefs")
    if not isinstance(said, list):
        return None
    mass: dict[frozenset[str], float] = {}
    for one in said:
        if not isinstance(one, Mapping) or not isinstance(one.get("options"), list):
            continue
        weight = number_of(one.get("weight"))
        part = frozenset(options_of(one["options"])) & frozenset(options)
        if part and weight is not None and weight > 0:
            mass[part] = mass.get(part, 0.0) + weight
    whole = sum(mass.values())
    if not whole:
        return None
    known = answer.standing.reliability
    return {part: weight / max(1.0, whole) for part, weight in mass.items()}, 0.5 if known is None else known


def party_of(agent: str, output: Mapping[str, Any], options: Sequence[str]) -> Party | None:
    """Return an agent as a party to a negotiation, if it says what every option is worth to it."""
    said = output.get("values")
    if not isinstance(said, Mapping):
        return None
    worth = {option_of(option): number_of(value) for option, value in said.items()}
    known = {option: value for option, value in worth.items() if option in options and value is not None}
    if len(known) < len(options):
        return None
    return Party(agent, known, number_of(output.get("reservation")) or 0.0)


def number_of(value: object) -> float | None:
    """Return a number that can be reckoned with."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and isfinite(value) else None  # type: ignore[arg-type]  # told above
