"""The run page: what it waits for, its flow, who worked, on what data, why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.selectors import asked_of, may_decide
from coordination.audit.models import AuditEvent
from coordination.engine.flow.state import RunStatus
from coordination.policies.models import PolicyDecision
from coordination.runs.models import Run, Step, ToolCall
from coordination.runs.selectors import Explanation
from coordination.web import words
from coordination.web.contexts import run_reasons
from coordination.web.contexts import status as statuses
from coordination.web.contexts.parts import Choice, Reason
from coordination.web.contexts.run_graph import RunGraph, was_rerouted
from coordination.web.contexts.run_timeline import Timeline
from coordination.web.contexts.status import Status

TABS = {
    "agents": "Agents & time",
    "data": "Data accessed",
    "decisions": "Decisions",
    "steps": "Steps",
    "audit": "Audit",
}


@dataclass(frozen=True, slots=True)
class Control:
    """Something a person may do to the run: a button, and for what cannot be undone a question first."""

    act: str
    title: str
    icon: str
    is_bad: bool = False
    asks: str = ""


PAUSE = Control("pause", "Pause", "pause")
RESUME = Control("resume", "Resume", "play")
RETRY = Control("retry", "Try again", "rerouted")
CANCEL = Control(
    "cancel",
    "Cancel run",
    "close",
    is_bad=True,
    asks="Steps that work now are told to stop, and their results are refused. What was released stays released.",
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question to a person that the run waits for."""

    request: ApprovalRequest
    rules: list[Reason]
    asked: str
    can_decide: bool

    @classmethod
    def of(cls, request: ApprovalRequest, membership: Membership) -> "Waiting":
        """Return how the question looks to this member."""
        return cls(
            request=request,
            rules=run_reasons.of_rules(request.reasons),
            asked=asked_of(request),
            can_decide=may_decide(request, membership) is None,
        )


@dataclass(frozen=True, slots=True)
class StepView:
    """One step with its state and how long it took."""

    step: Step
    title: str
    status: Status
    worked_s: float | None
    rerouted: bool


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One policy decision and what it rests on."""

    decision: PolicyDecision
    status: Status
    about: str
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One record, readable."""

    event: AuditEvent
    said: str
    about: str


@dataclass(frozen=True, slots=True)
class ActionView:
    """An action that is proposed, or was released."""

    title: str
    tool: str
    arguments: dict[str, Any]
    status: Status
    result: Any = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """Everything the run page shows."""

    run: Run
    explanation: Explanation
    status: Status
    risk: Status | None
    link: str
    here: str
    topic: str
    short_id: str
    facts: list[str]
    controls: list[Control]
    waiting: list[Waiting]
    graph: RunGraph
    progress: str
    question: str
    reasons: list[Reason]
    actions: list[ActionView]
    tab: str
    tabs: list[Choice]
    timeline: Timeline
    steps: list[StepView]
    decisions: list[DecisionView]
    audit: list[AuditLine]

    @classmethod
    def of(
        cls,
        explanation: Explanation,
        membership: Membership,
        tab: str,
        audit: list[AuditEvent],
        now: datetime,
    ) -> "RunPage":
        """Compute the page for one member."""
        run = explanation.run
        link = reverse("run", args=[run.id])
        steps = {step.key: step for step in explanation.steps}
        requests = [request for request in explanation.approvals if request.is_open]
        return cls(
            run=run,
            explanation=explanation,
            status=statuses.of_run(run),
            risk=statuses.of_risk(run.risk),
            link=link,
            here=f"{link}?tab={tab}",
            topic=f"run-{run.id}",
            short_id=words.shortened(run.id),
            facts=_facts(explanation),
            controls=controls(run, membership),
            waiting=[Waiting.of(request, membership) for request in requests],
            graph=RunGraph.of(run.workflow_version_id, steps, lambda step: f"{link}?tab=steps#step-{step.key}"),
            progress=_progress(run),
            question=run_reasons.question(explanation),
            reasons=run_reasons.reasons(explanation),
            actions=[*map(_proposed, requests), *map(_released, explanation.actions)],
            tab=tab,
            tabs=_tabs(explanation, membership, link, tab),
            timeline=Timeline.of(explanation.steps, now),
            steps=[_step(step) for step in explanation.steps],
            decisions=[_decision(decision, steps) for decision in reversed(explanation.decisions)],
            audit=[AuditLine(event, words.event(event.kind), _step_in(event.object)) for event in audit],
        )


def controls(run: Run, membership: Membership) -> list[Control]:
    """Return what this member may do to the run now."""
    if not may(membership, Right.RUN_CONTROL):
        return []
    if run.status == RunStatus.FAILED:
        return [RETRY] if (run.error or {}).get("step") else []
    if statuses.has_ended(run):
        return []
    return [RESUME if run.status == RunStatus.PAUSED else PAUSE, CANCEL]


def _facts(explanation: Explanation) -> list[str]:
    agents = {activation.agent for activation in explanation.agents}
    return [
        words.plural(len(agents), "agent"),
        words.plural(len(explanation.decisions), "policy check"),
    ]


def _progress(run: Run) -> str:
    said = f"{run.steps_done} of {words.plural(run.steps_total, 'step')} done"
    if run.started_at and run.finished_at:
        took = words.duration((run.finished_at - run.started_at).total_seconds())
        return f"{said} · took {took}"
    return said


def _tabs(explanation: Explanation, membership: Membership, link: str, tab: str) -> list[Choice]:
    counts = {
        "data": len(explanation.data),
        "decisions": len(explanation.decisions),
        "steps": len(explanation.steps),
    }
    return [
        Choice(title, f"{link}?tab={name}", name == tab, counts.get(name))
        for name, title in TABS.items()
        if name != "audit" or may(membership, Right.AUDIT_READ)
    ]


def _step(step: Step) -> StepView:
    took = (step.finished_at - step.started_at).total_seconds() if step.started_at and step.finished_at else None
    return StepView(step, step.title or step.key, statuses.of_step(step), took, was_rerouted(step))


def _decision(decision: PolicyDecision, steps: dict[str, Step]) -> DecisionView:
    step = steps.get(decision.step)
    what = f"release {decision.action}" if decision.action else f"call {decision.agent}"
    about = f"{step.title or step.key}: {what}" if step else what
    tone = "bad" if decision.outcome == "deny" else "wait"
    return DecisionView(
        decision, statuses.of_verdict(decision.outcome), about, run_reasons.of_rules(decision.reasons, tone)
    )


def _proposed(request: ApprovalRequest) -> ActionView:
    proposed = Status("proposed", "wait", "waiting", "Proposed")
    return ActionView(request.title, request.operation, request.parameters, proposed)


def _released(call: ToolCall) -> ActionView:
    status = {
        "succeeded": Status("succeeded", "ok", "done", "Released"),
        "failed": Status("failed", "bad", "failed", "Failed"),
    }.get(call.status, Status("released", "run", "running", "Being released"))
    return ActionView(call.step_key, call.tool, call.args, status, call.result or call.error)


def _step_in(subject: str) -> str:
    """Return the step that a subject names: run:…/step:send → send."""
    return subject.partition("/step:")[2]
