"""Why is it waiting, why did it end, what is happening: a run's reasons, one bead each."""

from typing import Any

from coordination.approvals.models import ApprovalRequest
from coordination.engine.flow.state import RunStatus, StepStatus
from coordination.policies.models import Outcome
from coordination.runs.models import Step
from coordination.runs.selectors import Explanation
from coordination.web import words
from coordination.web.contexts import status as statuses
from coordination.web.contexts.parts import Reason
from coordination.web.contexts.run_graph import was_rerouted

UNSURE = 0.6
QUESTIONS = {
    RunStatus.WAITING: "Why is it waiting?",
    RunStatus.PAUSED: "Why is it paused?",
    RunStatus.SUCCEEDED: "Why did it end like this?",
    RunStatus.FAILED: "Why did it end?",
    RunStatus.CANCELLED: "Why did it end?",
}


def question(explanation: Explanation) -> str:
    """Return what a manager would ask about the run now."""
    return QUESTIONS.get(RunStatus(explanation.run.status), "What is happening?")


def reasons(explanation: Explanation) -> list[Reason]:
    """Return the answer, the reason that counted marked as such."""
    open_requests = [request for request in explanation.approvals if request.is_open]
    told = [*_detours(explanation.steps), *_doubts(explanation.steps)]
    for request in open_requests:
        told += _of_request(request)
    if not open_requests:
        told += _answers(explanation.approvals)
    told += _denials(explanation, open_requests)
    told += _now(explanation)
    told += _end(explanation)
    return [*told, *_rest(explanation)]


def of_rules(found: list[dict[str, Any]], tone: str = "wait") -> list[Reason]:
    """Return policy reasons as beads."""
    return [
        Reason(
            head=f"{reason['policy']} v{reason['version']}" if reason.get("version") else "By default",
            text=reason.get("message") or reason.get("statement") or reason.get("title", ""),
            note=f"rule {reason['rule']}" if reason.get("rule") else "",
            hit=True,
            tone=tone,
            name=reason["policy"] if reason.get("version") else "",
        )
        for reason in found
    ]


def _detours(steps: list[Step]) -> list[Reason]:
    told = []
    for step in steps:
        failed = [attempt for attempt in step.attempts if attempt["status"] == "failed"]
        if was_rerouted(step) and failed:
            away = f"{failed[-1]['agent']} failed: {failed[-1]['error']['message']}"
            told.append(Reason(head=step.title or step.key, text=f"was re-routed to {step.agent}.", note=away))
        elif failed and step.status == StepStatus.SUCCEEDED:
            again = words.plural(len(failed), "retry", "retries")
            told.append(
                Reason(head=step.title or step.key, text=f"needed {again}.", note=failed[-1]["error"]["message"])
            )
    return told


def _doubts(steps: list[Step]) -> list[Reason]:
    unsure = [step for step in steps if step.confidence is not None and step.confidence < UNSURE]
    return [
        Reason(head=step.agent or step.key, text=f"is {step.confidence:.2f} sure.", note=step.rationale)
        for step in unsure
    ]


def _of_request(request: ApprovalRequest) -> list[Reason]:
    told = []
    if request.agent:
        sure = f"confidence {request.confidence:.2f}" if request.confidence is not None else ""
        told.append(
            Reason(head=request.agent, text="proposed", code=call(request.operation, request.parameters), note=sure)
        )
    if request.risk_score is not None:
        told.append(
            Reason(head=f"Risk {request.risk_score}", text="of 100", note=request.get_reversibility_display().lower())
        )
    told += of_rules(request.reasons)
    if not request.reasons:
        told.append(Reason(text=request.title, hit=True))
    return told


def _answers(approvals: list[ApprovalRequest]) -> list[Reason]:
    told = []
    for request in approvals:
        for decision in request.decisions.all():
            said = {"approve": "approved", "reject": "rejected", "edit": "edited"}.get(
                decision.verdict, decision.verdict
            )
            tone = "bad" if decision.verdict == "reject" else "human"
            told.append(
                Reason(
                    head=str(decision.actor),
                    text=f"{said} “{request.title}”",
                    note=decision.reason,
                    hit=True,
                    tone=tone,
                )
            )
    return told


def _denials(explanation: Explanation, open_requests: list[ApprovalRequest]) -> list[Reason]:
    shown = {request.policy_decision_id for request in open_requests}
    told = []
    for decision in explanation.decisions:
        if decision.id in shown or decision.outcome == Outcome.ALLOW:
            continue
        if decision.outcome == Outcome.DENY:
            told += of_rules(decision.reasons, tone="bad")
    return told


def _now(explanation: Explanation) -> list[Reason]:
    if statuses.has_ended(explanation.run):
        return []
    working = [step for step in explanation.steps if step.status == StepStatus.RUNNING]
    queued = [step for step in explanation.steps if step.status == StepStatus.READY]
    return [
        *(
            Reason(head=step.agent or step.key, text=f"works on {step.title or step.key}.", hit=True, tone="run")
            for step in working
        ),
        *(Reason(head=step.title or step.key, text="is queued for the next free worker.") for step in queued),
    ]


def _end(explanation: Explanation) -> list[Reason]:
    run = explanation.run
    told = [
        Reason(head=action.step_key, text="released", code=call(action.tool, action.args), hit=True, tone="ok")
        for action in explanation.actions
    ]
    if run.stop_reason:
        told.append(Reason(text=run.stop_reason, hit=True, tone="bad" if run.status == RunStatus.FAILED else "idle"))
    elif run.status == RunStatus.SUCCEEDED:
        told.append(Reason(text=f"{words.plural(run.steps_done, 'step')} done, nothing left to do."))
    return told


def _rest(explanation: Explanation) -> list[Reason]:
    allowed = sum(decision.outcome == Outcome.ALLOW for decision in explanation.decisions)
    if not allowed:
        return []
    return [Reason(text=f"{words.plural(allowed, 'other policy check')}: allowed", quiet=True)]


def call(name: str, arguments: dict[str, Any]) -> str:
    """Write an action as a short call: its name and its first plain arguments."""
    plain = [str(value) for value in arguments.values() if isinstance(value, str | int | float)]
    return f"{name}({words.fit(', '.join(plain), 300, 12)})"
