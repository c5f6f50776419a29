"""One function per effect of the machine: hand work on, ask people, withdraw questions, start and end other runs."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.accounts.selectors import members
from coordination.agents.models import Agent
from coordination.approvals.question import LEAD, Question, Stage
from coordination.approvals.services import ask, cancel_for
from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.asked import Asked, FurtherAsked
from coordination.engine.flow.called import Target
from coordination.engine.flow.expressions import render
from coordination.engine.flow.state import RUN_ENDED, StepStatus
from coordination.engine.proof.canonical import NotCanonical
from coordination.runs.birth import ChildRefused, child_of
from coordination.runs.children import change_children
from coordination.runs.conflicts import about_conflict
from coordination.runs.loading import Loaded, subject_of
from coordination.runs.models import Run, Step, WorkItem, WorkKind

# What people see of a run with very many steps: the first so many conclusions.
_EVIDENCE_SHOWN = 50
_SOURCES_SHOWN = 3


def carry_out(loaded: Loaded, effects: list[ev.Effect]) -> list[ev.Offer]:
    """Do what the machine asks for and return the offers, which the caller takes on or hands on."""
    offers: list[ev.Offer] = []
    waiting = deque(effects)
    while waiting:
        effect = waiting.popleft()
        match effect:
            case ev.Offer():
                offers.append(effect)
            case ev.AskHuman():
                waiting.extend(_try_to_ask(loaded, effect))
            case ev.WithdrawQuestion(step):
                loaded.let_others_write()
                cancel_for(loaded.run.organization, subject_of(loaded.run.id, step))
            case ev.SetTimer():
                _set_timer(loaded, effect)
            case ev.StartChild():
                waiting.extend(_try_to_start(loaded, effect))
            case ev.CancelChild(step):
                _cancel_child(loaded, step)
            case ev.CancelRest() | ev.RestorePending() | ev.DropChildren():
                change_children(loaded, effect)
            case ev.StopWork() | ev.EndRun():
                pass  # The item of work is removed with the step's end; whoever holds it notices at its next beat.
    return [offer for offer in offers if loaded.rows[offer.step].status == StepStatus.READY]


def hand_on(loaded: Loaded, offer: ev.Offer) -> None:
    """Let any worker of the step's pool take it, after a delay if there is one."""
    due_at = loaded.at + timedelta(seconds=offer.after_s)
    loaded.put(WorkKind.PERFORM, offer.step, due_at, pool=pool_of(loaded, offer.step))


def hand_on_all(loaded: Loaded, effects: list[ev.Effect]) -> None:
    """Carry effects out and let workers take what is offered: for events that come from no worker."""
    for offer in carry_out(loaded, effects):
        hand_on(loaded, offer)


def pool_of(loaded: Loaded, step_key: str) -> str:
    """Return the pool of workers that a step belongs to: the one of the agent that would take it."""
    if loaded.rows[step_key].kind != "agent":
        return "io"
    able = able_agents(loaded, step_key, machine.target_of(loaded.plan, loaded.state, step_key))
    return able[0].pool if able else "io"


def able_agents(loaded: Loaded, step_key: str, target: Target) -> list[Agent]:
    """Return the active agents that can take a step, the preferred one first; of a racer, only the one it is for."""
    able = loaded.registry.able(loaded.run.organization_id, target)
    racer = loaded.state.steps[step_key].agent
    return [agent for agent in able if agent.name == racer] if racer else able


def _set_timer(loaded: Loaded, timer: ev.SetTimer) -> None:
    due_at = datetime.fromisoformat(timer.at) if timer.at else loaded.at + timedelta(seconds=timer.after_s or 0)
    loaded.put(WorkKind(timer.purpose), timer.step, due_at, attempt=timer.attempt)


def _try_to_start(loaded: Loaded, effect: ev.StartChild) -> list[ev.Effect]:
    """Start another workflow as a part of this run, or return the effects of one that cannot start."""
    try:
        child, effects = child_of(loaded, effect)
    except ChildRefused as error:
        return loaded.take(_stillborn(effect, error))
    loaded.born.append(child)
    hand_on_all(child, effects)
    return []


def _cancel_child(loaded: Loaded, step_key: str) -> None:
    """Let a worker end the run that was started for a step: it is locked by itself, never under its parent's lock."""
    children = Run.objects.filter(parent_id=loaded.run.pk, parent_step=step_key).exclude(status__in=RUN_ENDED)
    for child in children:
        loaded.queue.added.append(
            WorkItem(
                organization_id=child.organization_id,
                run=child,
                kind=WorkKind.CANCEL,
                priority=child.priority,
                due_at=loaded.at,
            )
        )


def _stillborn(effect: ev.StartChild, error: ChildRefused) -> ev.ChildEnded:
    return ev.ChildEnded(effect.step, "failed", None, {"code": error.code, "message": str(error)}, effect.attempt)


def _try_to_ask(loaded: Loaded, effect: ev.AskHuman) -> list[ev.Effect]:
    """Ask, or return the effects of a question that cannot be put: its words have no value."""
    row = loaded.rows[effect.step]
    if effect.escalated:
        _ask_what_to_do(loaded, row)
        return []
    if loaded.plan.definition(row.key).council is not None:
        _ask_about_conflict(loaded, row)
        return []
    try:
        ask_about_step(loaded, row)
    except (EvaluationError, ExpressionError, NotCanonical) as error:
        return loaded.take(ev.StepRejected(row.key, "expression-failed", str(error)))
    return []


def _ask_what_to_do(loaded: Loaded, row: Step) -> None:
    """Ask whoever takes escalations whether a step that failed for good is tried again."""
    name, error = row.title or row.key, row.error or {}
    _ask(
        loaded,
        row,
        [_stage_of_escalations(loaded.run.organization)],
        operation="escalation",
        title=f"{name} failed. Try it again?",
        intent=f"{error.get('message', '')} Approve to try it again; reject to let it fail.".strip(),
        agent=row.agent,
        agent_version=row.agent_version,
        reversibility="reversible",
    )


def _ask_about_conflict(loaded: Loaded, row: Step) -> None:
    """Ask a person to decide between the cases of agents that did not agree."""
    council = loaded.plan.definition(row.key).council
    decide = council.decide if council is not None else None
    stage = _stage(decide) if decide is not None else _stage_of_escalations(loaded.run.organization)
    _ask(loaded, row, [stage], **about_conflict(loaded, row))


def _stage_of_escalations(organization: Organization) -> Stage:
    """Return the leads, or any reviewer where there is no lead: somebody must be there to answer."""
    has_lead = any(LEAD.role in person.roles and LEAD.group in person.groups for person in members(organization))
    return LEAD if has_lead else Stage(LEAD.role)


def ask_about_step(loaded: Loaded, row: Step) -> None:
    """Ask people the question that an approval step is."""
    approval = loaded.plan.definition(row.key).approval
    if approval is None:
        return
    scope = loaded.state.scope(row.key)
    row.parameters = render(approval.show, scope)
    title = str(render(approval.title, scope))
    _ask(
        loaded,
        row,
        [_stage(asked) for asked in approval.chain],
        operation="approval",
        title=title,
        intent=title,
        reversibility="reversible",
        timeout_action=approval.timeout_action,
    )


def _stage(asked: Asked) -> Stage:
    return Stage(
        asked.role or "",
        asked.group or "",
        tuple(asked.users),
        asked.n_required,
        isinstance(asked, FurtherAsked) and asked.parallel,
        asked.deny_threshold,
        asked.distinct_units,
        asked.min_auth or "",
    )


def ask_about_action(loaded: Loaded, row: Step, stages: Sequence[Stage], **details: Any) -> None:
    """Ask people whether an action or an agent's call may go ahead."""
    _ask(loaded, row, stages, **details)


def _ask(loaded: Loaded, row: Step, stages: Sequence[Stage], *, operation: str, title: str, **details: Any) -> None:
    run = loaded.run
    loaded.let_others_write()
    details.setdefault("evidence", evidence_in(loaded))
    request = ask(
        run.organization,
        Question(
            subject=subject_of(run.id, row.key),
            operation=operation,
            title=title,
            parameters=row.parameters or {},
            on_behalf_of=run.started_by_name,
            requested_by_id=run.started_by_id,
            stages=stages,
            **details,
        ),
        SYSTEM,
    )
    row.approval_id = request.id
    loaded.touched.add(row.key)


def evidence_in(loaded: Loaded) -> list[dict[str, Any]]:
    """Return what the run has found out so far: each agent's conclusion, and its best source."""
    agents = [step.id for step in loaded.plan.spec.steps if step.agent is not None][:_EVIDENCE_SHOWN]
    loaded.rows.fetch(agents)
    found = []
    for other in (loaded.rows[key] for key in agents):
        if other.output is None:
            continue
        source = other.sources[0] if other.sources else {}
        named = [str(one.get("title") or one.get("text", ""))[:120] for one in other.sources[:_SOURCES_SHOWN]]
        found.append(
            {
                "title": other.title or other.key,
                "text": other.rationale or source.get("text", ""),
                "source": source.get("title") or other.agent,
                "score": other.confidence,
                "agent": other.agent,
                "sources": named,
            }
        )
    return found
