"""One function per effect of the machine: hand work on, ask people, withdraw questions."""

from collections import deque
from datetime import timedelta
from typing import Any

from coordination.accounts.actors import SYSTEM
from coordination.approvals.question import Question, Stage
from coordination.approvals.services import ask, cancel_for
from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow import events as ev
from coordination.engine.flow.expressions import render
from coordination.engine.flow.state import StepStatus
from coordination.engine.proof.canonical import NotCanonical
from coordination.runs.jobs import WORK
from coordination.runs.loading import Loaded, subject_of
from coordination.runs.models import Step


def carry_out(loaded: Loaded, effects: list[ev.Effect]) -> list[ev.Offer]:
    """Do what the machine asks for and return the offers, which the caller takes on or hands on."""
    offers: list[ev.Offer] = []
    waiting = deque(effects)
    while waiting:
        effect = waiting.popleft()
        match effect:
            case ev.Offer():
                offers.append(effect)
            case ev.AskHuman(step):
                waiting.extend(_try_to_ask(loaded, loaded.rows[step]))
            case ev.WithdrawQuestion(step):
                cancel_for(loaded.run.organization, subject_of(loaded.run.id, step))
            case ev.EndRun():
                pass  # The status itself is written with the run.
    return [offer for offer in offers if loaded.rows[offer.step].status == StepStatus.READY]


def hand_on(loaded: Loaded, offer: ev.Offer) -> None:
    """Let any worker of the step's pool take it; after a delay the sweep offers it."""
    row = loaded.rows[offer.step]
    row.due_at = loaded.at + timedelta(seconds=offer.after_s)
    loaded.touched.add(offer.step)
    if offer.after_s == 0:
        row.offered_at = loaded.at
        WORK.on(row.pool).later(run_id=str(loaded.run.id), step=offer.step)
    else:
        row.offered_at = None


def _try_to_ask(loaded: Loaded, row: Step) -> list[ev.Effect]:
    """Ask, or return the effects of a question that cannot be put: its words have no value."""
    try:
        ask_about_step(loaded, row)
    except (EvaluationError, ExpressionError, NotCanonical) as error:
        return loaded.take(ev.StepRejected(row.key, "expression-failed", str(error)))
    return []


def ask_about_step(loaded: Loaded, row: Step) -> None:
    """Ask people the question that an approval step is."""
    approval = loaded.plan.steps[row.key].approval
    if approval is None:
        return
    scope = loaded.state.scope()
    row.parameters = render(approval.show, scope)
    stage = Stage(approval.role or "", approval.group or "", tuple(approval.users), approval.n_required)
    title = str(render(approval.title, scope))
    _ask(loaded, row, stage, operation="approval", title=title, intent=title, reversibility="reversible")


def ask_about_action(loaded: Loaded, row: Step, stage: Stage, **details: Any) -> None:
    """Ask people whether an action or an agent's call may go ahead."""
    _ask(loaded, row, stage, **details)


def _ask(loaded: Loaded, row: Step, stage: Stage, *, operation: str, title: str, **details: Any) -> None:
    run = loaded.run
    request = ask(
        run.organization,
        Question(
            subject=subject_of(run.id, row.key),
            operation=operation,
            title=title,
            parameters=row.parameters or {},
            on_behalf_of=run.started_by_name,
            requested_by_id=run.started_by_id,
            stage=stage,
            evidence=evidence_in(loaded),
            **details,
        ),
        SYSTEM,
    )
    row.approval_id = request.id
    loaded.touched.add(row.key)


def evidence_in(loaded: Loaded) -> list[dict[str, Any]]:
    """Return what the run has found out so far: each agent's conclusion, and its best source."""
    found = []
    for other in sorted(loaded.rows.values(), key=lambda r: r.position):
        if other.kind != "agent" or other.output is None:
            continue
        source = other.sources[0] if other.sources else {}
        found.append(
            {
                "title": other.title or other.key,
                "text": other.rationale or source.get("text", ""),
                "source": source.get("title") or other.agent,
                "score": other.confidence,
            }
        )
    return found
