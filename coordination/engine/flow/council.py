"""Steps that several agents take together: they vote or negotiate; where they come to nothing, a person decides."""

from typing import Any, Final, Literal, Self

from pydantic import Field, model_validator

from coordination.engine.council.rules import MARGIN, QUORUM
from coordination.engine.flow.asked import Asked
from coordination.engine.flow.called import Target
from coordination.engine.manifest import Spec
from coordination.engine.negotiation.bargaining import MOST_ROUNDS

Listed = str | list[str | int | float]
# Between two, by offers and answers; the others have as many parties as there are.
PAIRS: Final = frozenset({"alternating", "concession"})


class _Council(Spec):
    """What votes and negotiations have in common."""

    unsettled: Literal["ask", "fail"] = Field(
        default="ask", description="When nothing settles it: a person decides between both cases, or the step fails."
    )
    decide: Asked | None = Field(
        default=None, description="Who decides then; without it, whoever takes what is passed on to a higher level."
    )

    @model_validator(mode="after")
    def _one_person_decides(self) -> Self:
        if self.decide is not None and not self.decide.names_someone:
            raise ValueError("name who decides: role, group or users")
        if self.decide is not None and self.decide.n_required > 1:
            raise ValueError("n_required means nothing here: one person decides")
        return self


class Vote(_Council):
    """Agents answer at once, each by itself; a rule makes one answer of theirs, or says why there is none."""

    voters: list[Target] = Field(min_length=1, max_length=20)
    n: int = Field(default=9, ge=1, le=50, description="How many agents vote, if there are so many.")
    rule: Literal["majority", "weighted", "confidence", "reliability", "authority", "unanimous", "borda", "schulze"] = (
        Field(default="weighted", description="weighted: by the log-odds of reliability, times calibrated confidence.")
    )
    options: Listed | None = Field(
        default=None, description="What may be voted for: a list, or an expression that gives one; else anything."
    )
    choice: str = Field(default="choice", description="The field of an answer that names what its agent votes for.")
    quorum: float = Field(default=QUORUM, ge=0, le=1, description="The share of those asked who have to vote.")
    margin: float | None = Field(
        default=None, ge=0, le=1, description="How far the first must be before the second; weighted: 0.2, else 0."
    )
    veto_authority: int | None = Field(
        default=None, ge=0, le=5, description="Agents of at least this authority may veto options."
    )
    vetoes: str | dict[str, Any] = Field(default={}, description="Options that are forbidden, each with the reason.")
    refuted: str | dict[str, Any] = Field(default={}, description="Options that a check refuted, each with the reason.")

    @property
    def most(self) -> int:
        """Return how many agents are asked at most."""
        return self.n

    @property
    def fewest(self) -> int:
        """Return how many agents it takes."""
        return 1

    @property
    def asked(self) -> list[Target]:
        """Return whom it asks."""
        return self.voters

    @property
    def least_lead(self) -> float:
        """Return how far the first option must be before the second."""
        return self.margin if self.margin is not None else MARGIN if self.rule == "weighted" else 0.0


class Negotiate(_Council):
    """Agents who want different things come to an agreement; what each would settle for stays with the mediator."""

    protocol: Literal["contract-net", "auction", "alternating", "concession", "mediated"]
    parties: list[Target] = Field(min_length=1, max_length=20)
    n: int = Field(default=20, ge=1, le=50, description="How many agents take part, if there are so many.")
    options: Listed | None = Field(default=None, description="What they may agree on, where they choose among options.")
    jobs: Listed | None = Field(default=None, description="What a contract net gives away, each job to one party.")
    limit: str | float | None = Field(default=None, description="The most that an auction pays.")
    perform: dict[str, Any] | None = Field(
        default=None,
        description="What the winner of an auction is then called with; if it fails, the next one does it.",
    )
    rounds: int = Field(default=MOST_ROUNDS, ge=1, le=50)

    @model_validator(mode="after")
    def _what_the_protocol_is_about(self) -> Self:
        wanted = {"contract-net": "jobs", "auction": None}.get(self.protocol, "options")
        for name in ("options", "jobs"):
            if (getattr(self, name) is not None) != (name == wanted):
                raise ValueError(f"{self.protocol} is about {wanted or 'one task'}: {name} {_said(name == wanted)}")
        for name in ("limit", "perform"):
            if getattr(self, name) is not None and self.protocol != "auction":
                raise ValueError(f"{name} means nothing here: only an auction has it")
        return self

    @property
    def asked(self) -> list[Target]:
        """Return whom it asks."""
        return self.parties

    @property
    def takes_turns(self) -> bool:
        """Tell whether parties are called turn by turn; otherwise each is called once, sealed from the others."""
        return self.protocol == "alternating"

    @property
    def most(self) -> int:
        """Return how many parties there may be."""
        return 2 if self.protocol in PAIRS else self.n

    @property
    def fewest(self) -> int:
        """Return how many parties it takes."""
        return 2 if self.protocol in PAIRS else 1


def _said(is_wanted: bool) -> str:
    return "is missing" if is_wanted else "means nothing here"
