"""What a run's page lists: policy decisions, actions, and lines of the record."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from coordination.approvals.models import ApprovalRequest
from coordination.approvals.selectors import asked_of, may_decide
from coordination.audit.models import AuditEvent
from coordination.policies.models import PolicyDecision
from coordination.runs.conflicts import CONFLICT
from coordination.runs.models import ToolCall
from coordination.web import words
from coordination.web.contexts import policy_reasons, run_reasons
from coordination.web.contexts import status as statuses
from coordination.web.contexts.decided import marks
from coordination.web.contexts.parts import Reason
from coordination.web.contexts.run_names import called
from coordination.web.contexts.run_scene import Scene
from coordination.web.contexts.run_told import told, who
from coordination.web.contexts.status import Status

_RELEASES = {
    "succeeded": Status("succeeded", "ok", "done", "Released"),
    "failed": Status("failed", "bad", "failed", "Failed"),
    "unknown": Status("unknown", "bad", "alert", "Outcome unknown"),
}
_ABOUT = {
    "agent.call": "call {}",
    "action": "release {}",
    "tool.call": "let {} be called",
    "run.start": "start the run",
    "step.result": "take what {} gave",
    "data.access": "let {} read data",
    "memory.read": "let {} read memory",
    "memory.write": "let {} write memory",
    "message": "pass on a message of {}",
}
_NO_TOOLS = (run_reasons.ESCALATION, CONFLICT, "approval", "agent.call")
_KINDS = {run_reasons.ESCALATION: "Failed step", CONFLICT: "Conflict"}
_RELEASED = Status("released", "run", "running", "Being released")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question to a person that the run waits for."""

    request: ApprovalRequest
    kind: str
    rules: list[Reason]
    asked: str
    can_decide: bool

    @classmethod
    def of(cls, scene: Scene, request: ApprovalRequest) -> "Waiting":
        """Return how the question looks to this member."""
        return cls(
            request=request,
            kind=_KINDS.get(request.operation, "Approval"),
            rules=run_reasons.of_rules(request.reasons),
            asked=asked_of(request),
            can_decide=may_decide(request, scene.membership) is None,
        )


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One policy decision and what it rests on."""

    decision: PolicyDecision
    status: Status
    about: str
    reasons: list[Reason]
    link: str
    marks: list[Status]

    @classmethod
    def of(cls, scene: Scene, decision: PolicyDecision) -> "DecisionView":
        """Return a decision as the page shows it."""
        what = _ABOUT.get(decision.hook, decision.hook).format(decision.action or decision.agent)
        about = f"{called(scene.run, decision.step)}: {what}" if decision.step else what
        tone = "bad" if decision.outcome == "deny" else "wait"
        reasons = [*run_reasons.of_rules(decision.reasons, tone), *policy_reasons.beside(decision)]
        link = reverse("decision", args=[decision.pk])
        return cls(decision, statuses.of_verdict(decision.outcome), about, reasons, link, marks(decision))


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One record, readable, with the address of the run as it was then."""

    event: AuditEvent
    kind: str
    said: str
    actor: str
    link: str

    @classmethod
    def of(cls, scene: Scene, event: AuditEvent) -> "AuditLine":
        """Return a record as the page shows it."""
        link = scene.place.at_record(event.stream_no)
        return cls(event, words.event(event.kind), told(scene.run, event), who(event.actor), link)


@dataclass(frozen=True, slots=True)
class ActionView:
    """An action that is proposed, or was released."""

    title: str
    tool: str
    arguments: dict[str, Any]
    status: Status
    result: Any = None

    @classmethod
    def proposed(cls, request: ApprovalRequest) -> "ActionView":
        """Return an action that a person is asked about."""
        status = Status("proposed", "wait", "waiting", "Proposed")
        tool = request.operation if request.operation not in _NO_TOOLS else ""
        return cls(request.title, tool, request.parameters, status)

    @classmethod
    def released(cls, scene: Scene, call: ToolCall) -> "ActionView":
        """Return an action that the gate let out."""
        status = _RELEASES.get(call.status, _RELEASED)
        return cls(called(scene.run, call.step_key), call.tool, call.args, status, call.result or call.error)
