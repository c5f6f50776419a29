"""A vote or a negotiation on the page of its step: how it was counted, what was offered, and why it ended as it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from coordination.engine.draw.offers import Line, Picture, course, picture
from coordination.runs.models import Step
from coordination.web import words
from coordination.web.contexts.parts import Reason

WIDTH, HEIGHT = 600, 180
_TONES: Final = ("run", "human", "ok", "wait", "bad", "idle")
_RUNGS: Final = {
    "veto": "Vetoes",
    "facts": "Facts",
    "vote": "Vote",
    "beliefs": "Beliefs",
    "negotiation": "Negotiation",
    "person": "A person",
}
_BY: Final = {
    "vote": "by vote",
    "veto": "by veto",
    "facts": "by facts",
    "beliefs": "by beliefs put together",
    "negotiation": "by negotiation",
    "offers": "by offers",
    "mediator": "as the mediator proposed",
    "auction": "by auction",
    "allocation": "by a contract net",
    "person": "by a person",
}
_ACTS: Final = {
    "proposes": "offers",
    "concedes": "gives way to",
    "accepts": "accepts",
    "refuses": "refuses",
    "mediates": "proposes",
    "bids": "bids, sealed",
    "wins": "wins",
    "performs": "did it",
    "fails": "failed",
}


@dataclass(frozen=True, slots=True)
class Share:
    """What part of a vote an option has."""

    option: str
    percent: float
    said: str
    tone: str


@dataclass(frozen=True, slots=True)
class Ballot:
    """How one agent voted, and what its word was worth."""

    agent: str
    choice: str
    confidence: str
    reliability: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One move of a negotiation."""

    round: int
    party: str
    said: str
    option: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line of the picture with its tone."""

    line: Line
    tone: str


@dataclass(frozen=True, slots=True)
class Council:
    """Everything about how several agents came to one answer."""

    title: str
    came_to: str
    shares: list[Share]
    ballots: list[Ballot]
    silent: list[Reason]
    rungs: list[Reason]
    picture: Picture | None
    lines: list[Drawn]
    offers: list[Offer]
    awarded: list[tuple[str, str]]
    sealed: list[tuple[str, Any]]
    said: str
    result: Any
    width: int = WIDTH
    height: int = HEIGHT

    @classmethod
    def of(cls, step: Step, sealed: Sequence[Step] = ()) -> "Council | None":
        """Return the view of a step, as far as it is; `sealed` is what parties told the mediator, where it is shown."""
        known: Mapping[str, Any] = (step.output if isinstance(step.output, dict) else None) or step.item or {}
        if step.parent or step.kind not in ("vote", "negotiate") or not {"votes", "moves"} & known.keys():
            return None
        drawn = _picture(known)
        lines = [Drawn(line, _TONES[at % len(_TONES)]) for at, line in enumerate(drawn.lines)] if drawn else []
        return cls(
            title=_title(known),
            came_to=_came_to(known),
            shares=_shares(known),
            ballots=[_ballot(one) for one in known.get("votes", ())],
            silent=[Reason(head=one["agent"], text=one["why"] or "did not answer") for one in known.get("silent", ())],
            rungs=[_rung(one) for one in known.get("ladder", ())],
            picture=drawn,
            lines=lines,
            offers=[_offer(one) for one in known.get("moves", ())],
            awarded=list((known.get("awarded") or {}).items()),
            sealed=[(row.agent, row.output) for row in sealed if row.output is not None],
            said=_said(known, drawn),
            result=step.output,
        )


def _title(known: Mapping[str, Any]) -> str:
    if "votes" in known:
        worth = f", worth {known['effective']:.1f} independent votes" if known["effective"] < known["voted"] else ""
        return f"{known['voted']} of {known['asked']} voted, by {known['rule']} rule{worth}"
    told = [words.plural(known["messages"], "message")] if "messages" in known else []
    rounds = known.get("rounds", 0)
    return " · ".join([str(known.get("protocol", "")), *([words.plural(rounds, "round")] if rounds else []), *told])


def _came_to(known: Mapping[str, Any]) -> str:
    result = known.get("winner") or known.get("agreed")
    if known.get("awarded"):
        return f"All jobs given away for {known['cost']:g}; no way costs less than {known['bound']:g}."
    if not result:
        return f"Nothing settled it. {known.get('reason', '')}".strip()
    price = f" for {known['price']:g}" if known.get("price") is not None else ""
    who = f" ({known['who']})" if known.get("who") else ""
    return f"{result}{price}, {_BY.get(known.get('by', ''), '')}{who}."


def _shares(known: Mapping[str, Any]) -> list[Share]:
    winner = known.get("winner")
    shares = known.get("shares") or {}
    return [
        Share(option, round(100 * share, 1), words.percent(share), "ok" if option == winner else "run")
        for option, share in shares.items()
    ]


def _ballot(one: Mapping[str, Any]) -> Ballot:
    ranked = " > ".join(one.get("ranking", ()))
    said = [f"{one[name]:.2f}" if one.get(name) is not None else "—" for name in ("confidence", "reliability")]
    return Ballot(one["agent"], ranked or one["choice"] or "nothing", *said)


def _rung(one: Mapping[str, Any]) -> Reason:
    settled = bool(one["winner"])
    tone = "ok" if settled else "wait"
    return Reason(head=_RUNGS[one["rung"]], text=one["reason"], hit=settled or one["rung"] == "person", tone=tone)


def _offer(one: Mapping[str, Any]) -> Offer:
    return Offer(one["round"], one["party"], _ACTS.get(one["act"], one["act"]), one["option"])


def _picture(known: Mapping[str, Any]) -> Picture | None:
    if "course" in known:
        return course(known["course"], WIDTH, HEIGHT)
    options = known.get("options") or sorted({move["option"] for move in known.get("moves", ()) if move["option"]})
    return picture(known.get("moves", ()), options, WIDTH, HEIGHT) if options else None


def _said(known: Mapping[str, Any], drawn: Picture | None) -> str:
    if drawn is None:
        return ""
    if "course" in known:
        return f"What all jobs cost, and at least cost, in {words.plural(drawn.rounds, 'round')}."
    agreed = known.get("agreed")
    return f"Offers of {len(drawn.lines)} parties in {words.plural(drawn.rounds, 'round')}" + (
        f", until both had {agreed}." if agreed else "."
    )
