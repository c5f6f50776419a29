"""One act of an agent that runs elsewhere: decide it before it happens, here, by the same policies."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.agents.models import Agent, AgentStatus, Tool
from coordination.agents.selectors import agent_named
from coordination.approvals.errors import ApprovalRefused
from coordination.approvals.models import ApprovalRequest, State
from coordination.approvals.models import Verdict as Said
from coordination.approvals.question import Question
from coordination.approvals.selectors import requests_about
from coordination.approvals.services import ask, consume
from coordination.audit.services import Entry, append
from coordination.engine.flow.definition import input_errors
from coordination.engine.proof.canonical import digest_of
from coordination.engine.rules.combine import Effect, Reason
from coordination.engine.rules.hooks import TOOL_CALL
from coordination.engine.rules.redacting import Place
from coordination.policies.services import Decision, count
from coordination.runs.gate import covers, owners_of, stages_of
from coordination.runs.guard import Occasion, Verdict, judge_action
from coordination.runs.history import told_about
from coordination.runs.stakes import Behind, Grounds
from coordination.shared.clock import now
from coordination.shared.json import JsonObject

STREAM = "guard"
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(720343, hashtext(%s))"
# What an agent tells about its task: looked at where a rule asks for it, and too long to keep otherwise.
_LONG = ("prompt", "sources")
_SAID_NO = (State.REJECTED, State.RETURNED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the asking agent may do: allow, deny or pending until people have decided.

    Where `redactions` says what was taken out, the act is allowed, or asked about, with these `args` only.
    """

    decision: str
    decision_id: UUID
    reasons: list[Reason] = field(default_factory=list)
    approval: ApprovalRequest | None = None
    warnings: list[Reason] = field(default_factory=list)
    redactions: list[Place] = field(default_factory=list)
    args: JsonObject = field(default_factory=dict)


@transaction.atomic
def guard_action(
    organization: Organization, agent: str, action: str, args: JsonObject, context: JsonObject, actor: Actor
) -> Answer:
    """Decide one act that the caller will carry out itself; raises AgentUnknown.

    Rules see `context` as facts; what it says of the task (`prompt`, `sources`: [{tool, args, result}], `history`,
    `resource`) is what we have to believe. The same act asked again after people approved it is allowed once.
    """
    proposer = agent_named(organization, agent)
    tool = Tool.objects.filter(organization=organization, name=action).first()
    subject = f"guard:{digest_of([agent, action, args])}"
    occasion = Occasion(
        organization,
        subject,
        grounds=lambda: Grounds(
            behind=(Behind(proposer.name, proposer.version, "", None, None),), has_read=partial(_told, context)
        ),
        facts={name: value for name, value in context.items() if name not in _LONG},
        more=lambda: told_about(context),
    )
    judged = partial(judge_action, occasion, tool, action, proposer=proposer, hook=TOOL_CALL)
    verdict = judged(args)
    # Whoever asks again with what was left of the arguments asks for the same act.
    edited = _edited(organization, subject) if verdict.decision.outcome == "require_approval" else None
    verdict = judged(edited.parameters) if edited else verdict
    answer = _answer(organization, subject, proposer, tool, verdict, actor, was_edited=edited is not None)
    decision = verdict.decision
    answer = replace(answer, warnings=list(decision.warnings), redactions=list(decision.places), args=verdict.args)
    said: dict[str, Any] = {"action": action, "args": verdict.args, "decision": answer.decision}
    about = {**said, "policy_decision": str(answer.decision_id)}
    if answer.redactions:
        about["redactions"] = [place.as_json() for place in answer.redactions]
    append(organization.id, STREAM, actor, [Entry("ActGuarded", about, object=f"agent:{agent}")])
    return answer


def _told(context: JsonObject, untrusted: frozenset[str]) -> bool:
    """Tell whether an agent elsewhere says that it read something that is not to be trusted."""
    sources, history = context.get("sources"), context.get("history")
    tools = {one.get("tool") for one in sources if isinstance(one, dict)} if isinstance(sources, list) else set()
    return bool(untrusted & tools) or bool(isinstance(history, dict) and history.get("tainted_sources"))


def _answer(
    organization: Organization,
    subject: str,
    proposer: Agent,
    tool: Tool | None,
    verdict: Verdict,
    actor: Actor,
    *,
    was_edited: bool,
) -> Answer:
    decision, args = verdict.decision, verdict.args
    reasons = list(decision.reasons)
    halted = organization.halted_at is not None or proposer.status != AgentStatus.ACTIVE
    beyond = tool is None or tool.name not in proposer.limits.get("tools", [])
    if halted or beyond or tool is None or decision.outcome == "deny":
        return Answer("deny", decision.id, reasons)
    if broken := input_errors(tool.spec["input"], args):
        said = f"The arguments do not fit {tool.name}: {broken[0][1]}"
        return Answer("deny", decision.id, [_refused("arguments-invalid", said)])
    if decision.outcome == "allow" and not was_edited:
        return Answer("allow", decision.id, reasons)
    known = requests_about(organization, subject).last()
    if known is not None and known.state == State.APPROVED and _is_same(known, tool, proposer, decision):
        if _used_up(known, args):
            count(organization.pk, decision)
            return Answer("allow", decision.id, reasons, known)
    elif known is not None and known.state in _SAID_NO and known.expires_at > now():
        # A no holds as long as the question would have: asking again must not wear people down.
        return Answer("deny", decision.id, [_refused(known.state, _no_of(known))], known)
    if known is None or not known.is_open:
        known = _once(organization, subject) or _asked(organization, subject, proposer, tool, args, verdict, actor)
    return Answer("pending", decision.id, reasons, known)


def _edited(organization: Organization, subject: str) -> ApprovalRequest | None:
    """Return the approval of an act that people changed before they agreed: only what they agreed to may be done."""
    known = requests_about(organization, subject).last()
    return known if known is not None and known.state == State.APPROVED and known.revision > 1 else None


def _once(organization: Organization, subject: str) -> ApprovalRequest | None:
    """Return what somebody else asked about the same act at this moment; who is first asks, the others wait here."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, [f"{organization.pk}/{subject}"])
    known = requests_about(organization, subject).last()
    return known if known is not None and known.is_open else None


def _is_same(request: ApprovalRequest, tool: Tool, proposer: Agent, decision: Decision) -> bool:
    """Tell whether what people approved is still what would happen, and they are still the ones to be asked."""
    same_versions = (request.tool_version, request.agent_version) == (tool.version, proposer.version)
    return same_versions and covers(request, decision)


def _no_of(request: ApprovalRequest) -> str:
    if request.state == State.REJECTED:
        return "A person rejected this act."
    said = [one.reason for one in request.decisions.all() if one.verdict == Said.RETURN]
    return f"A person sent this act back to be planned again: {said[-1] if said else ''}".strip()


def _refused(rule: str, message: str) -> Reason:
    return Reason("default", 0, rule, Effect.DENY, "Refused", message, message, message, code="default")


def _used_up(request: ApprovalRequest, args: JsonObject) -> bool:
    """Use the approval for exactly these arguments, and tell whether that was possible."""
    try:
        consume(request.id, request.digest_for(args))
    except ApprovalRefused:
        return False
    return True


def _asked(
    organization: Organization,
    subject: str,
    proposer: Agent,
    tool: Tool,
    args: JsonObject,
    verdict: Verdict,
    actor: Actor,
) -> ApprovalRequest:
    question = Question(
        subject=subject,
        title=f"{tool.title or tool.name}, asked by {proposer.title or proposer.name}",
        operation=tool.name,
        parameters=args,
        tool_version=tool.version,
        agent=proposer.name,
        agent_version=proposer.version,
        on_behalf_of=actor.name,
        policy_decision_id=verdict.decision.id,
        reasons=[reason.as_json() for reason in verdict.decision.reasons],
        risk_score=verdict.risk.score,
        risk_band=verdict.risk.band,
        reversibility=tool.spec["reversibility"],
        stages=stages_of(verdict.decision),
        owners=owners_of(proposer),
    )
    return ask(organization, question, actor)
