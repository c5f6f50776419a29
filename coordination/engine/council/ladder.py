"""The ladder of conflict: the first rung that settles it counts, and every rung climbed is told.

1. veto: what policy or authority forbids is out. 2. facts: what a check refuted is out. 3. vote: by a rule, by default
weighted by the log-odds of reliability, with a margin and a quorum. 4. beliefs: partial ones put together, unless they
contradict each other. 5. negotiation. 6. a person, who sees both cases side by side.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from coordination.engine.council.ballots import Ballot
from coordination.engine.council.beliefs import LARGEST_FRAME, Mass, combine, pignistic
from coordination.engine.council.rules import MARGIN, QUORUM, Tally, count

Rung = Literal["veto", "facts", "vote", "beliefs", "negotiation", "person"]
PERSON: Final = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Who differs about what: the options, what is known against them, the ballots and the partial beliefs."""

    options: Sequence[str]
    ballots: Sequence[Ballot]
    n_asked: int
    # Why policy or authority forbids an option, and why a check refuted one.
    vetoes: Mapping[str, str] = field(default_factory=dict)
    refuted: Mapping[str, str] = field(default_factory=dict)
    # What each source believes, and how often it is right.
    beliefs: Sequence[tuple[Mass, float]] = ()
    # What the parties agree on among the options that are left, or "".
    negotiate: Callable[[Sequence[str]], str] | None = None
    rule: str = "weighted"
    margin: float = MARGIN
    quorum: float = QUORUM


@dataclass(frozen=True, slots=True)
class Climbed:
    """One rung: what it settled, or "" and why it did not."""

    rung: Rung
    winner: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """The option that holds, or "" where a person decides, and the rungs on the way there."""

    winner: str
    rungs: tuple[Climbed, ...]
    # Between which options a person decides.
    left: tuple[str, ...]


def resolve(conflict: Conflict) -> Resolution:
    """Climb until a rung settles the conflict."""
    left = tuple(conflict.options)
    rungs: list[Climbed] = []
    out: tuple[tuple[Rung, Mapping[str, str]], ...] = (("veto", conflict.vetoes), ("facts", conflict.refuted))
    for rung, against in out:
        left, climbed = _without(left, against, rung)
        rungs.append(climbed)
        if climbed.winner or not left:
            break
    else:
        for climb in (_vote, _beliefs, _negotiation):
            rungs.append(climb(conflict, left))
            if rungs[-1].winner or rungs[-1].rung == PERSON:
                break
    winner = rungs[-1].winner
    if not winner and rungs[-1].rung != PERSON:
        rungs.append(Climbed(PERSON, "", "No rung settled it: a person decides."))
    return Resolution(winner, tuple(rungs), () if winner else left)


def _without(options: tuple[str, ...], against: Mapping[str, str], rung: Rung) -> tuple[tuple[str, ...], Climbed]:
    """Return the options that nothing speaks against."""
    left = tuple(option for option in options if option not in against)
    out = "; ".join(f"{option}: {against[option]}" for option in options if option in against)
    if not out:
        return options, Climbed(rung, "", "Nothing is known against any option.")
    if len(left) == 1:
        return left, Climbed(rung, left[0], f"Only {left[0]} is left ({out}).")
    return left, Climbed(rung, "", f"Out: {out}." if left else f"Nothing is left: {out}.")


def tally_of(conflict: Conflict, left: Sequence[str]) -> Tally:
    """Return what the ballots come to among the options left: the next choice counts where the first is out."""
    ballots = [_among(ballot, left) for ballot in conflict.ballots]
    return count(conflict.rule, ballots, n_asked=conflict.n_asked, quorum=conflict.quorum, margin=conflict.margin)


def _among(ballot: Ballot, left: Sequence[str]) -> Ballot:
    order = tuple(option for option in ballot.order if option in left)
    first = ballot.first if ballot.first in left else order[0] if order else ""
    return replace(ballot, choice=first, ranking=order if ballot.ranking else ())


def _vote(conflict: Conflict, left: tuple[str, ...]) -> Climbed:
    tally = tally_of(conflict, left)
    return Climbed("vote", tally.winner, tally.reason)


def _beliefs(conflict: Conflict, left: tuple[str, ...]) -> Climbed:
    if not conflict.beliefs:
        return Climbed("beliefs", "", "Nobody told partial beliefs.")
    if len(left) > LARGEST_FRAME:
        return Climbed("beliefs", "", f"There are more than {LARGEST_FRAME} options.")
    together = combine(conflict.beliefs, frozenset(left))
    if together.is_contradictory:
        return Climbed(
            PERSON, "", f"The sources contradict each other (conflict {together.conflict:.2f}): a person decides."
        )
    first, *others = sorted(pignistic(together.mass).items(), key=lambda one: (-one[1], one[0]))
    lead = first[1] - (others[0][1] if others else 0.0)
    needed = max(conflict.margin, MARGIN)
    if lead < needed:
        return Climbed("beliefs", "", f"{first[0]} leads by {lead:.0%}; {needed:.0%} are needed.")
    return Climbed("beliefs", first[0], f"{first[0]} has {first[1]:.0%} of the belief.")


def _negotiation(conflict: Conflict, left: tuple[str, ...]) -> Climbed:
    if conflict.negotiate is None:
        return Climbed("negotiation", "", "There is nothing to negotiate.")
    agreed = conflict.negotiate(left)
    if agreed not in left:
        return Climbed("negotiation", "", "The parties did not agree.")
    return Climbed("negotiation", agreed, f"The parties agreed on {agreed}.")
