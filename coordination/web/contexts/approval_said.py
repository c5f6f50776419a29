"""What people said about a question, and what becomes of what this member said a moment ago."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from coordination.approvals.held import HeldAnswer, standing
from coordination.approvals.models import ApprovalDecision, ApprovalMessage, ApprovalRequest, State, Verdict
from coordination.approvals.selectors import Lesson
from coordination.web import words
from coordination.web.contexts.parts import Reason

SAID = {
    Verdict.APPROVE: ("approved", "ok"),
    Verdict.REJECT: ("rejected", "bad"),
    Verdict.EDIT: ("edited", "human"),
    Verdict.REQUEST_INFO: ("asked back", "human"),
    Verdict.DELEGATE: ("handed it to someone else as well", "human"),
    Verdict.ESCALATE: ("handed it up", "human"),
    Verdict.RETURN: ("sent it back to be planned again", "human"),
    Verdict.ABSTAIN: ("left it to others", "human"),
    Verdict.BREAK_GLASS: ("approved it alone", "bad"),
}
DONE = {
    Verdict.APPROVE: "Approved",
    Verdict.REJECT: "Rejected",
    Verdict.EDIT: "Edited; someone else approves it now",
    Verdict.REQUEST_INFO: "Asked back",
    Verdict.DELEGATE: "Handed on",
    Verdict.ESCALATE: "Handed up",
    Verdict.RETURN: "Sent back to be planned again",
    Verdict.ABSTAIN: "Left to others",
    Verdict.BREAK_GLASS: "Approved alone; others look at it within a day",
}
BATCH = "batch:"


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer of this member: while it is held it can be undone."""

    key: str
    tone: str
    text: str
    note: str
    undo: str = ""
    batch: str = ""


def answered(
    held: Iterable[ApprovalRequest],
    said: Iterable[ApprovalRequest],
    user_id: int,
    lessons: Mapping[UUID, Lesson],
) -> list[Answered]:
    """Return a line for each answer that can be undone, one for what was given together, and what became of `said`."""
    waiting = list(held)
    batches: dict[str, list[ApprovalRequest]] = {}
    for one in waiting:
        answer = HeldAnswer.of(one)
        batches.setdefault(answer.batch or str(one.pk) if answer else str(one.pk), []).append(one)
    lines = [_waiting(key, requests) for key, requests in batches.items()]
    shown = {one.pk for one in waiting}
    return lines + [_settled(one, user_id, lessons.get(one.pk)) for one in said if one.pk not in shown]


def _waiting(key: str, requests: list[ApprovalRequest]) -> Answered:
    first = requests[0]
    answer = HeldAnswer.of(first)
    verdict = Verdict(answer.verdict) if answer else Verdict.APPROVE
    is_batch = bool(answer and answer.batch)
    what = f"{words.plural(len(requests), 'question')} together" if is_batch else first.title
    undo = reverse("undo-together") if is_batch else reverse("undo-answer", args=[first.pk])
    return Answered(key, SAID[verdict][1], _told(verdict, what), "Counts in five seconds.", undo, key)


def _settled(request: ApprovalRequest, user_id: int, lesson: Lesson | None) -> Answered:
    mine = [one for one in request.decisions.all() if one.actor_id == user_id]
    if not mine:
        return Answered(str(request.pk), "wait", f"Not answered: {_ended(request.title)}", "It waits for you again.")
    verdict = Verdict(mine[-1].verdict)
    note = lesson.text if lesson else "It needs others as well." if request.is_open else ""
    tone = "wait" if lesson and not lesson.caught else SAID[verdict][1]
    return Answered(str(request.pk), tone, _told(verdict, request.title), note)


def _told(verdict: Verdict, what: str) -> str:
    return f"{DONE[verdict]}: {_ended(what)}"


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "…", "!", "?")) else f"{sentence}."


def history_of(request: ApprovalRequest) -> list[Reason]:
    """Return what people said, one bead each."""
    return [_said(decision) for decision in request.decisions.all()]


def _said(decision: ApprovalDecision) -> Reason:
    said, tone = SAID[Verdict(decision.verdict)]
    place = f" for {decision.for_user.username}" if decision.for_user else ""
    return Reason(
        head=f"{decision.actor.username}{place}",
        text=said,
        note=f"“{decision.reason}”" if decision.reason else "",
        hit=decision.verdict in (Verdict.APPROVE, Verdict.REJECT),
        tone=tone,
    )


def thread_of(messages: Iterable[ApprovalMessage]) -> list[Reason]:
    """Return what was asked back and answered, one bead each."""
    return [_line(message) for message in messages]


def _line(message: ApprovalMessage) -> Reason:
    kind, _, name = message.author.partition(":")
    return Reason(head=name, text=message.text, tone="human" if kind == "user" else "idle")


def has_changed(request: ApprovalRequest, seen: str, user_id: int, now: datetime) -> str:
    """Return what changed since someone opened the question on that revision, "" while nothing did."""
    if not request.is_open:
        return f"This was settled meanwhile: {State(request.state).label.lower()}."
    if seen != str(request.revision):
        return "This was edited meanwhile."
    held = standing(request, now)
    if held is not None:
        who = "You have" if held.user_id == user_id else f"{held.username} has"
        return f"{who} just answered this."
    if request.is_claimed(now) and request.claimed_by_id != user_id:
        return f"{request.claimed_by} is working on this."
    return ""
