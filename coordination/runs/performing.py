"""What happens between the two transactions: the agent works, or the tool is called. No transaction is open."""

from coordination.adapters.calling import call_agent, call_tool
from coordination.adapters.ports import AgentFailed, Result
from coordination.runs.reach import GuardedReach
from coordination.runs.work import AgentWork, Done, Failed, Outcome, Work


def perform(work: Work) -> Outcome:
    """Do the work and return what came of it; raises nothing."""
    try:
        if isinstance(work, AgentWork):
            return Done(call_agent(work.adapter, work.task, GuardedReach(work)))
        output = call_tool(work.adapter, work.args, idempotency_key=work.idempotency_key, timeout_s=work.timeout_s)
        return Done(Result(output=output))
    except AgentFailed as error:
        return Failed(error.code, str(error), error.retryable)
