"""How people judge: a board of all reviewers, and one person with what became of what they approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from coordination.approvals.models import Band, Canary
from coordination.approvals.selectors import Board, Reviewer
from coordination.approvals.selectors.reviewers import Share
from coordination.approvals.terms import Terms
from coordination.engine.trust.agreement import FEWEST, Agreement
from coordination.insights.selectors import Became, Outcomes
from coordination.web import words
from coordination.web.contexts.approval_tabs import REVIEWERS, tabs
from coordination.web.contexts.parts import Choice, Kpi
from coordination.web.contexts.risk import Span

PERIODS = {30: "30 days", 90: "90 days", 365: "a year"}
TOO_FEW = "too few"
_TONES = {Band.LOW: "ok", Band.MEDIUM: "wait", Band.HIGH: "bad", Band.CRITICAL: "bad"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: what it is, how sure, of how many; `span` draws a share."""

    said: str
    note: str = ""
    span: Span | None = None

    @classmethod
    def of_share(cls, share: Share) -> "Cell":
        """Return a share with its interval, or why there is none."""
        counted = f"{share.k} of {share.n}"
        if share.value is None or share.interval is None:
            return cls("—", f"{counted}, {TOO_FEW}" if share.n else "none yet")
        span = Span.of(share.value, share.interval)
        return cls(span.said, f"{span.interval} · {counted}", span)

    @classmethod
    def of_outcomes(cls, found: Outcomes) -> "Cell":
        """Return how much of what somebody approved went wrong."""
        return cls.of_share(Share(found.n_wrong, found.n))

    @classmethod
    def of_agreement(cls, found: Agreement) -> "Cell":
        """Return a coefficient with its interval, or why there is none."""
        counted = f"{found.same} of {found.n} the same"
        if not found.n:
            return cls("—", "none yet")
        if not found.is_enough:
            return cls("—", f"{counted}, {TOO_FEW}: told from {FEWEST} on")
        if found.value is None:
            return cls("—", f"{counted}; nothing to tell where everyone always says the same")
        between = f"{found.low:.2f} to {found.high:.2f} · " if found.low is not None and found.high is not None else ""
        return cls(f"{found.value:.2f}", f"{between}{counted}")


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """One reviewer."""

    username: str
    link: str
    n: str
    median: str
    overridden: Cell
    edited: Cell
    missed: Cell
    agreement: Cell
    wrong: Cell
    load: str
    is_me: bool

    @classmethod
    def of(cls, one: Reviewer, outcomes: Outcomes, *, is_me: bool) -> "ReviewerRow":
        """Compute the row."""
        return cls(
            username=one.username,
            link=reverse("reviewer", args=[one.username]),
            n=words.count(one.n),
            median=words.duration(one.median_s) if one.median_s is not None else "—",
            overridden=Cell.of_share(one.overridden),
            edited=Cell.of_share(one.edited),
            missed=Cell.of_share(one.missed),
            agreement=Cell.of_agreement(one.agreement),
            wrong=Cell.of_outcomes(outcomes),
            load=f"{one.per_hour:.1f}" if one.per_hour is not None else "—",
            is_me=is_me,
        )


@dataclass(frozen=True, slots=True)
class ReviewersPage:
    """All reviewers that a member may see."""

    tabs: list[Choice]
    periods: list[Choice]
    kpis: list[Kpi]
    rows: list[ReviewerRow]
    practice: list[str]
    sees_all: bool
    here: str

    @classmethod
    def of(
        cls,
        board: Board,
        outcomes: Mapping[int, Outcomes],
        terms: Terms,
        *,
        days: int,
        me: int,
        sees_all: bool,
        here: str,
    ) -> "ReviewersPage":
        """Compute the page."""
        return cls(
            tabs=tabs(REVIEWERS),
            periods=[Choice(title, f"?days={n}", n == days) for n, title in PERIODS.items()],
            kpis=_kpis(board),
            rows=[
                ReviewerRow.of(one, outcomes.get(one.user_id, Outcomes()), is_me=one.user_id == me)
                for one in board.reviewers
            ],
            practice=practice(terms),
            sees_all=sees_all,
            here=here,
        )


@dataclass(frozen=True, slots=True)
class ExerciseRow:
    """One exercise that somebody answered."""

    title: str
    lesson: str
    caught: bool
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class BecameRow:
    """What became of one thing that was approved."""

    became: Became
    link: str
    tone: str


@dataclass(frozen=True, slots=True)
class ReviewerPage:
    """One reviewer."""

    tabs: list[Choice]
    username: str
    is_me: bool
    kpis: list[Kpi]
    figures: list[tuple[str, Cell]]
    became: list[BecameRow]
    exercises: list[ExerciseRow]
    practice: list[str]

    @classmethod
    def of(
        cls,
        one: Reviewer,
        outcomes: Outcomes,
        became: Sequence[Became],
        exercises: Sequence[Canary],
        terms: Terms,
        *,
        is_me: bool,
    ) -> "ReviewerPage":
        """Compute the page."""
        return cls(
            tabs=tabs(REVIEWERS),
            username=one.username,
            is_me=is_me,
            kpis=_own_kpis(one),
            figures=_figures(one, outcomes),
            became=[
                BecameRow(found, reverse("approval", args=[found.request_id]), _TONES[Band(found.risk_band)])
                for found in became
            ],
            exercises=[
                ExerciseRow(found.request.title, found.lesson, found.result == Canary.Result.CAUGHT, found.answered_at)
                for found in exercises
            ],
            practice=practice(terms),
        )


def practice(terms: Terms) -> list[str]:
    """Say in sentences what is done here, to those on whom it is done."""
    said = []
    if terms.own_judgement_from != "never":
        said.append(
            f"From {terms.own_judgement_from} risk on you say what you think before you see how sure the agent is"
            " and what others said."
        )
    if terms.exercises:
        said.append(
            f"After about {words.percent(terms.exercises)} of what is decided an exercise comes: a question that is"
            " wrong to approve. It looks like any other, it can never release anything, and you are told at once."
        )
    else:
        said.append("No exercises are put into the queue.")
    said.append(
        f"{words.percent(terms.second_looks)} of what one person decided,"
        f" {words.percent(terms.second_looks_at_allowed)} of what policy allowed by itself, and the first"
        f" {terms.first_actions} actions of an agent with a tool are"
        " looked at once more by somebody who does not know how they were decided."
    )
    said.append(
        f"Who approves within {terms.quick_s:g} s at a high risk, or {terms.quick_in_a_row} times in a row within"
        f" {terms.quick_s:g} s each, is asked once whether they mean it."
    )
    return said


def _kpis(board: Board) -> list[Kpi]:
    agreement, missed = Cell.of_agreement(board.agreement), Cell.of_share(board.missed)
    allowed = Cell.of_share(board.allowed_wrong)
    return [
        Kpi("Agreement (Krippendorff’s α)", agreement.said, agreement.note),
        Kpi("Exercises that passed", missed.said, missed.note),
        Kpi("Allowed by policy, refused by people", allowed.said, allowed.note),
        Kpi("Settled against the first", words.count(board.settled_against), "where two people differed"),
    ]


def _own_kpis(one: Reviewer) -> list[Kpi]:
    agreement, missed = Cell.of_agreement(one.agreement), Cell.of_share(one.missed)
    median = words.duration(one.median_s) if one.median_s is not None else "—"
    load = f"{one.per_hour:.1f} an hour at work" if one.per_hour is not None else f"{TOO_FEW} to tell the load"
    return [
        Kpi("Decided", words.count(one.n), load),
        Kpi("Median time", median, "from the question, or the answer before, to the answer"),
        Kpi("Agreement (Cohen’s κ)", agreement.said, agreement.note),
        Kpi("Exercises that passed", missed.said, missed.note),
    ]


def _figures(one: Reviewer, outcomes: Outcomes) -> list[tuple[str, Cell]]:
    hurried = Cell(words.count(one.hurried), "approved in haste and confirmed")
    first = Cell(words.count(one.judged_first), f"of them {one.swayed} approved although they first said no")
    return [
        ("Refused or sent back", Cell.of_share(one.overridden)),
        ("Edited", Cell.of_share(one.edited)),
        ("Approved and went wrong", Cell.of_outcomes(outcomes)),
        ("Judged by themselves first", first),
        ("In haste", hurried),
        ("Most in one hour", Cell(words.count(one.most_in_an_hour), f"{one.open_claims} open on their desk now")),
    ]
