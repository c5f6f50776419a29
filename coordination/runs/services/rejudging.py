"""Somebody edited what is asked about: policies decide again, about what it is now."""

from typing import Any

from coordination.agents.models import Agent
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.question import Regarded, Stage
from coordination.engine.rules.hooks import AGENT_CALL
from coordination.policies.services import Decision
from coordination.runs.errors import EditDenied
from coordination.runs.gate import stages_of
from coordination.runs.guard import judge_action, judge_agent_call
from coordination.runs.loading import Loaded
from coordination.runs.models import Step
from coordination.runs.occasions import because, occasion_of
from coordination.runs.services.begin_action import proposer_of


def rejudged(
    loaded: Loaded, row: Step, request: ApprovalRequest, parameters: dict[str, Any]
) -> tuple[dict[str, Any], Regarded | None]:
    """Return the parameters that may stay, and whom policy asks about them; raises EditDenied.

    Nothing is asked about a question that is a step of its own: nothing leaves with it.
    """
    action = loaded.plan.definition(row.key).action
    if action is not None:
        tool = loaded.registry.tool(loaded.run.organization_id, action.tool)
        proposer, _ = proposer_of(loaded, row, action.tool)
        verdict = judge_action(occasion_of(loaded, row), tool, action.tool, parameters, proposer)
        _keep(loaded, row, verdict.decision)
        return verdict.args, _regarded(request, verdict.decision, verdict.risk.score, verdict.risk.band)
    agent = Agent.objects.filter(organization_id=loaded.run.organization_id, name=request.agent).first()
    if request.operation == AGENT_CALL and agent is not None:
        decision = judge_agent_call(occasion_of(loaded, row), agent, row.capability, parameters)
        _keep(loaded, row, decision)
        left = decision.content if decision.places else parameters
        return left, _regarded(request, decision, request.risk_score, request.risk_band)
    return parameters, None


def _keep(loaded: Loaded, row: Step, decision: Decision) -> None:
    if decision.outcome == "deny":
        raise EditDenied(because=because(decision))
    loaded.decisions.append(decision)
    row.decision_id = decision.id


def _regarded(request: ApprovalRequest, decision: Decision, score: int | None, band: str) -> Regarded:
    """Return what policy says now; where it would let the edited action pass, those who were asked still look at it."""
    asks = decision.outcome == "require_approval"
    return Regarded(
        stages=stages_of(decision) if asks else [Stage.of(kept) for kept in request.chain or [request.stage]],
        reasons=[reason.as_json() for reason in decision.reasons],
        policy_decision_id=decision.id,
        risk_score=score,
        risk_band=band,
    )
