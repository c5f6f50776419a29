"""Why is it waiting, why did it end, what is happening: a run's reasons, one bead each."""

from typing import Any

from coordination.approvals.models import ApprovalRequest
from coordination.engine.flow.state import RunStatus, StepStatus
from coordination.policies.models import Outcome
from coordination.runs.models import Step
from coordination.runs.selectors import Explanation
from coordination.web import words
from coordination.web.contexts import links, policy_reasons, run_notes
from coordination.web.contexts import status as statuses
from coordination.web.contexts.parts import Reason
from coordination.web.contexts.run_names import called
from coordination.web.contexts.run_scene import Scene

UNSURE = 0.6
# What a question about a step that failed is about.
ESCALATION = "escalation"
# Of each kind of reason so many are told; the page is read, not searched.
MOST = 6
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


def reasons(scene: Scene) -> list[Reason]:
    """Return the answer, the reason that counted marked as such."""
    explanation = scene.explanation
    open_requests = [request for request in explanation.approvals if request.is_open and not scene.past]
    told = [*_detours(explanation.steps)[:MOST], *_doubts(explanation.steps)[:MOST], *_passed_over(scene)[:MOST]]
    for request in open_requests[:MOST]:
        told += _of_request(request)
    if not open_requests:
        told += _answers(explanation.approvals)[-MOST:]
    told += _denials(explanation, open_requests)[:MOST]
    told += _beside(explanation)[:MOST]
    told += _now(scene)
    told += _undone(scene)
    told += _end(scene)
    return [*told, *_rest(explanation)]


def of_rules(found: list[dict[str, Any]], tone: str = "wait") -> list[Reason]:
    """Return policy reasons as beads."""
    return [
        Reason(
            head=_whose(reason),
            link=links.place_of(reason["policy"]) if _is_imposed(reason) else "",
            text=reason.get("message") or reason.get("statement") or reason.get("title", ""),
            note=f"rule {reason['rule']}" if reason.get("rule") else "",
            hit=True,
            tone=tone,
            name=reason["policy"] if reason.get("version") else "",
        )
        for reason in found
    ]


def _is_imposed(reason: dict[str, Any]) -> bool:
    """Tell whether a reason is of no policy: somebody imposed it, whom its name tells."""
    return ":" in reason["policy"]


def _whose(reason: dict[str, Any]) -> str:
    if _is_imposed(reason):
        kind, _, name = reason["policy"].partition(":")
        return f"{kind.replace('-', ' ').capitalize()} {name}"
    return f"{reason['policy']} v{reason['version']}" if reason.get("version") else "By default"


def _detours(steps: list[Step]) -> list[Reason]:
    told = []
    for step in steps:
        failed = [attempt for attempt in step.attempts if attempt["status"] == "failed"]
        if run_notes.was_rerouted(step) and failed:
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
    if request.operation == ESCALATION:
        return [Reason(text=request.title, note=request.intent, hit=True)]
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


_SAID = {
    "approve": "approved",
    "reject": "rejected",
    "edit": "edited",
    "request_info": "asked back about",
    "delegate": "handed on",
    "escalate": "handed up",
    "return": "sent back",
    "abstain": "left to others",
    "break_glass": "approved alone",
}


def _answers(approvals: list[ApprovalRequest]) -> list[Reason]:
    told = []
    for request in approvals:
        for decision in request.decisions.all():
            said = _SAID.get(decision.verdict, decision.verdict)
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


def _passed_over(scene: Scene) -> list[Reason]:
    return [
        Reason(head=called(scene.run, key), text="was skipped.", note=remark.reason)
        for key, remark in scene.around.remarks.items()
    ]


def _denials(explanation: Explanation, open_requests: list[ApprovalRequest]) -> list[Reason]:
    """Return each rule that denied something once, however often it did."""
    shown = {request.policy_decision_id for request in open_requests}
    told: dict[Reason, None] = {}
    for decision in explanation.decisions:
        if decision.id not in shown and decision.outcome == Outcome.DENY:
            told |= dict.fromkeys(of_rules(decision.reasons, tone="bad"))
    return list(told)


def _beside(explanation: Explanation) -> list[Reason]:
    """Return each warning, and each kind of thing that was taken out, once."""
    told = [
        reason
        for decision in explanation.decisions
        for reason in (*policy_reasons.warned(decision.warnings), *policy_reasons.redacted(decision.redactions))
    ]
    return list(dict.fromkeys(told))


def _now(scene: Scene) -> list[Reason]:
    if statuses.has_ended(scene.run):
        return []
    told = [reason for step in scene.explanation.steps if (reason := _of_open(scene, step))]
    more = len(told) - MOST
    return [*told[:MOST], *([Reason(text=f"{words.plural(more, 'other step')} beside these", quiet=True)] * (more > 0))]


def _of_open(scene: Scene, step: Step) -> Reason | None:
    """Say what goes on about a step that has begun and not ended."""
    title = step.title or step.key
    definition = scene.definition(step.key)
    if step.status == StepStatus.READY:
        again = "is tried again" if step.error else "is queued for the next free worker."
        note = " · ".join(run_notes.notes(step, definition, scene.around)[1:]) if step.error else ""
        return Reason(head=title, text=again, note=note)
    if step.status == StepStatus.WAITING and not statuses.asks_people(step):
        return Reason(head=title, text=f"{run_notes.notes(step, definition, scene.around)[0]}.", hit=True, tone="idle")
    if step.status != StepStatus.RUNNING:
        return None
    if inside := run_notes.inside(step, definition, scene.around):
        return Reason(head=title, text=f"{inside}.", hit=True, tone="run")
    if step.kind == "workflow":
        return Reason(head=title, text=f"waits for its {run_notes.who_does(step, definition)}.", hit=True, tone="run")
    return Reason(head=step.agent or step.key, text=f"works on {title}.", hit=True, tone="run")


def _undone(scene: Scene) -> list[Reason]:
    """Say what was taken back after a failure, and what could not be."""
    undone = [step.title or step.key for step in scene.explanation.steps if step.status == StepStatus.COMPENSATED]
    left = [called(scene.run, key) for key in (scene.run.error or {}).get("not_undone") or []]
    told = [Reason(head="Undone", text=", ".join(undone), hit=True, tone="human")] if undone else []
    return told + ([Reason(head="Not undone", text=", ".join(left), hit=True, tone="bad")] if left else [])


def _end(scene: Scene) -> list[Reason]:
    run, actions = scene.run, scene.explanation.actions
    told = [
        Reason(head=called(run, one.step_key), text="released", code=call(one.tool, one.args), hit=True, tone="ok")
        for one in actions[-MOST:]
    ]
    if run.stop_reason:
        told.append(Reason(text=run.stop_reason, hit=True, tone="bad" if run.status == RunStatus.FAILED else "idle"))
    elif run.status == RunStatus.SUCCEEDED:
        told.append(Reason(text=f"{words.plural(run.steps_done, 'step')} done, nothing left to do."))
    return told


def _rest(explanation: Explanation) -> list[Reason]:
    allowed = explanation.outcomes[Outcome.ALLOW]
    if not allowed:
        return []
    return [Reason(text=f"{words.plural(allowed, 'other policy check')}: allowed", quiet=True)]


def call(name: str, arguments: dict[str, Any]) -> str:
    """Write an action as a short call: its name and its first plain arguments."""
    plain = [str(value) for value in arguments.values() if isinstance(value, str | int | float)]
    return f"{name}({words.fit(', '.join(plain), 300, 12)})"
