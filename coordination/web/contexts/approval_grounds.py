"""On what grounds a question is asked: the exact effect, how sure the agent is, what happened in cases like it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.urls import reverse

from coordination.approvals.models import ApprovalRequest, ApprovalRevision, Reversibility, State, TimeoutAction
from coordination.approvals.selectors import Similar, StageProgress
from coordination.approvals.services import POST_REVIEW
from coordination.engine.trust.intervals import wilson
from coordination.shared.json import Json
from coordination.web import words
from coordination.web.contexts.links import run_of

LONG_TEXT = 80
# Fewer past answers say nothing about the next one.
ENOUGH = 20
UNDOING = {
    Reversibility.REVERSIBLE: "It can be taken back.",
    Reversibility.COMPENSABLE: "It cannot be undone, only made good afterwards.",
    Reversibility.IRREVERSIBLE: "It cannot be taken back.",
}
UNDECIDED = {
    TimeoutAction.DENY: "it counts as refused",
    TimeoutAction.FALLBACK: "the run goes on without this step",
    TimeoutAction.RETURN: "it goes back to be planned again",
}
WENT = {
    State.APPROVED: ("approved", "ok"),
    State.CONSUMED: ("approved", "ok"),
    State.REJECTED: ("rejected", "bad"),
    State.RETURNED: ("sent back", "human"),
    State.EXPIRED: ("nobody decided", "idle"),
}


@dataclass(frozen=True, slots=True)
class Value:
    """One named value, readable; a long text gets a paragraph of its own. `was` is what an edit replaced."""

    name: str
    value: Json
    is_text: bool
    is_long: bool
    was: str = ""
    is_changed: bool = False

    @classmethod
    def of(cls, name: str, value: Json, **more: Any) -> "Value":
        """Return how a value is shown."""
        is_text = isinstance(value, str)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return cls(name, words.number(value), is_text=True, is_long=False, **more)
        return cls(name, value, is_text, is_text and (len(str(value)) > LONG_TEXT or "\n" in str(value)), **more)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that is known, who says so, and from where."""

    title: str
    text: str
    sources: list[str]
    said_by: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Case:
    """A question like this one, how it was decided, and what came of it."""

    title: str
    link: str
    decided_at: datetime | None
    word: str
    tone: str
    came_to: str


@dataclass(frozen=True, slots=True)
class Past:
    """What became of questions like this one."""

    summary: str
    cases: list[Case]


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage of the chain as it is drawn."""

    no: int
    state: str
    icon: str
    asked: str
    note: str
    is_beside: bool


@dataclass(frozen=True, slots=True)
class Sure:
    """How many answers the agent gave when it was as sure as now, and how many of them were right."""

    n: int
    n_right: int


def values_of(request: ApprovalRequest, revisions: Sequence[ApprovalRevision]) -> list[Value]:
    """Return what is asked for, beside what was asked first where somebody edited it."""
    first = revisions[0].parameters if revisions else request.parameters
    found = []
    for name in [*request.parameters, *(name for name in first if name not in request.parameters)]:
        now, before = request.parameters.get(name), first.get(name)
        is_changed = now != before
        found.append(Value.of(name, now, was=_short(before) if is_changed else "", is_changed=is_changed))
    return found


def _short(value: Json) -> str:
    shown = Value.of("", value)
    return str(shown.value) if value is not None and value != "" else "nothing"


def effect_of(request: ApprovalRequest) -> str:
    """Return in one sentence what happens, exactly."""
    if request.subject.startswith("policy:") or request.operation == POST_REVIEW:
        return request.intent
    if request.operation == "approval":
        return "The run goes on when this is approved, and stops when it is not."
    once = f"{request.operation} is called once, with exactly these values."
    return f"{once} {UNDOING[Reversibility(request.reversibility)]}"


def follows(request: ApprovalRequest, now: datetime) -> list[tuple[str, str]]:
    """Return what follows if people refuse, and if nobody decides."""
    if request.operation == POST_REVIEW:
        return []
    if request.subject.startswith("policy:"):
        refused = "The policy stays as it is."
    elif request.subject.startswith("guard:"):
        refused = "It never happens; the agent that asked is told why."
    else:
        refused = "It never happens, and the step fails as rejected."
    undecided = UNDECIDED[TimeoutAction(request.timeout_action)]
    by = words.when(request.expires_at, now)
    return [("If you reject", refused), ("If nobody decides", f"{undecided[0].upper()}{undecided[1:]} {by}.")]


def evidence_of(request: ApprovalRequest, hides: bool = False) -> list[Evidence]:
    """Return what is known, with whoever says it and where they have it from; what agents conclude may be hidden."""
    found = [_evidence(item) for item in request.evidence]
    if not hides:
        return found
    # What an agent concluded is advice; what it went by is not.
    return [replace(one, text="", score=None) if one.score is not None else one for one in found if _is_ground(one)]


def _is_ground(item: Evidence) -> bool:
    return item.score is None or bool(item.sources)


def _evidence(item: Mapping[str, Any]) -> Evidence:
    source, by = str(item.get("source") or ""), str(item.get("agent") or "")
    sources = [str(one) for one in item.get("sources", [])] or ([source] if source and source != by else [])
    return Evidence(str(item.get("title", "")), str(item.get("text") or ""), sources, by, item.get("score"))


def sure_in_words(agent: str, stated: float | None, sure: Sure | None) -> str:
    """Say how sure the agent is and what that was worth in the past: "In 212 answers …, 91% were right (86–95%)"."""
    if stated is None or not agent:
        return ""
    said = f"says it is {words.percent(round(stated, 2))} sure."
    if sure is None or sure.n < ENOUGH:
        n = sure.n if sure else 0
        return f"{said} Only {words.plural(n, 'past answer')} as sure as this: too few to say what that is worth."
    low, high = wilson(sure.n_right, sure.n)
    share, span = words.percent(round(sure.n_right / sure.n, 2)), f"{low * 100:.0f}–{high * 100:.0f}%"
    return f"{said} Of {words.count(sure.n)} past answers as sure as this, {share} were right ({span})."


def past_of(similar: Similar | None, wrong: Mapping[str, str]) -> Past | None:
    """Return what became of questions like this one; `wrong` says of a subject what turned out wrong about it."""
    if similar is None or not similar.n:
        return None
    counts = [
        (similar.approved, "approved"),
        (similar.rejected, "rejected"),
        (similar.returned, "sent back"),
        (similar.expired, "left undecided"),
        (similar.edited, "edited"),
    ]
    told = " · ".join(f"{words.count(n)} {word}" for n, word in counts if n)
    return Past(f"{words.count(similar.n)} like this: {told}", [_case(one, wrong) for one in similar.latest])


def _case(request: ApprovalRequest, wrong: Mapping[str, str]) -> Case:
    word, tone = WENT[State(request.state)]
    return Case(
        title=request.title,
        link=reverse("approval", args=[request.pk]),
        decided_at=request.decided_at,
        word=word,
        tone=tone,
        came_to=wrong.get(request.subject, ""),
    )


def runs_among(similar: Similar) -> set[Any]:
    """Return the runs of the questions that are shown."""
    return {found for one in similar.latest if (found := run_of(one.subject))}


_DRAWN = {"done": "check", "open": "waiting", "to come": "idle"}


def stages_of(progress: Iterable[StageProgress], hides: bool = False) -> list[StageRow]:
    """Return the chain as it is drawn, with what each stage asks for; how many have approved may be hidden."""
    return [
        StageRow(
            no=one.no + 1,
            state=one.state.replace(" ", "-"),
            icon=_DRAWN[one.state],
            asked=one.asked,
            note=_note(one, hides),
            is_beside=bool(one.kept.get("parallel")) and one.no > 0,
        )
        for one in progress
    ]


def _note(stage: StageProgress, hides: bool) -> str:
    kept = stage.kept
    said = [
        f"{words.plural(stage.needed, 'person', 'people')}" if hides else f"{stage.votes} of {stage.needed} approved"
    ]
    if kept.get("distinct_units"):
        said.append("of different groups")
    if kept.get("min_auth"):
        said.append({"webauthn": "with a passkey", "oidc": "by single sign-on"}.get(str(kept["min_auth"]), ""))
    deny = kept.get("deny_threshold", 1)
    if isinstance(deny, int) and deny > 1:
        said.append(f"{deny} must object to refuse")
    return " · ".join(part for part in said if part)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is known about a question, read for one page."""

    revisions: Sequence[ApprovalRevision] = ()
    similar: Similar | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)
    sure: Sure | None = None
