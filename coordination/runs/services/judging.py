"""A step's result counts only as far as policies let it: nothing of it is kept or passed on before that."""

from dataclasses import replace
from typing import Any

from coordination.adapters.ports import Result
from coordination.engine.rules.hooks import STEP_RESULT
from coordination.engine.rules.redacting import Redaction, redacted
from coordination.policies.services import Decision, Lookups, has_rules_for
from coordination.runs.guard import MICRO, about_agent, judge
from coordination.runs.loading import Loaded
from coordination.runs.models import Step
from coordination.runs.occasions import because, note_decision, occasion_of
from coordination.runs.work import ActionWork, Done, Failed, Outcome, Work


def judged(loaded: Loaded, row: Step, work: Work, outcome: Outcome) -> Outcome:
    """Return the outcome without what rules take out of it, or the failure of one that may not count."""
    if not isinstance(outcome, Done):
        return outcome
    if not has_rules_for(loaded.run.organization_id, STEP_RESULT, loaded.stamp):
        return outcome
    decision = _decided(loaded, row, work, outcome.result)
    loaded.decisions.append(decision)
    if decision.outcome != "allow":
        note_decision(loaded, row, decision)
        return Failed("policy-denied", because(decision), retryable=False)
    if not decision.redactions:
        return outcome
    return Done(_without(outcome.result, decision))


def _decided(loaded: Loaded, row: Step, work: Work, result: Result) -> Decision:
    occasion = replace(occasion_of(loaded, row), attempt=row.attempt, confidence=result.confidence)
    args = work.args if isinstance(work, ActionWork) else {}
    tool = _tool_of(loaded, row)
    about: dict[str, Any] = {
        "hook": STEP_RESULT,
        "step.kind": row.kind,
        "capability": row.capability,
        "agent.name": row.agent,
        "agent.version": row.agent_version or 0,
        "agent.role": row.agent_role,
        "action.name": tool,
        "result.cost_usd": result.usage.cost_microusd / MICRO,
        "result.tokens": result.usage.input_tokens + result.usage.output_tokens,
        "result.actions": [proposal.tool for proposal in result.actions],
    }

    def more() -> Lookups:
        return {
            "result.output": lambda: result.output,
            "action.args": lambda: args,
            **about_agent(occasion, row.agent, None, tool, args),
        }

    return judge(occasion, about, more)


def _tool_of(loaded: Loaded, row: Step) -> str:
    action = loaded.plan.definition(row.key).action
    return action.tool if action is not None else ""


def _without(result: Result, decision: Decision) -> Result:
    """Return the result without what rules take out: fields of its output, and patterns in all that it says."""
    # Paths of fields are meant for the output; what a pattern finds must not be read beside it either.
    patterns = [Redaction(one.policy, one.rule, (), one.patterns) for one in decision.redactions if one.patterns]

    def masked(value: Any) -> Any:
        return redacted(value, patterns)[0]

    return replace(
        result,
        output=decision.content,
        rationale=masked(result.rationale),
        actions=tuple(replace(one, args=masked(one.args), reason=masked(one.reason)) for one in result.actions),
        sources=tuple(replace(one, title=masked(one.title), text=masked(one.text)) for one in result.sources),
    )
