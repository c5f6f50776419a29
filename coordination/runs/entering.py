"""May this run begin? Asked of policies before anything of it is written."""

from uuid import UUID

from coordination.engine.rules.hooks import RUN_START
from coordination.policies.selectors import stamp_of
from coordination.policies.services import Decision, Lookups, has_rules_for
from coordination.runs.guard import Occasion, judge, run_facts
from coordination.runs.models import Run


def decide_start(run: Run, stamp: UUID | None) -> Decision | None:
    """Return what policies decide about a run that is about to begin, or None where they have nothing to say.

    What rules take out of its input is gone from the run. The record is written by the caller.
    """
    stamp = stamp or stamp_of(run.organization_id)
    if not has_rules_for(run.organization_id, RUN_START, stamp):
        return None
    occasion = Occasion(run.organization, f"run:{run.pk}", run.pk, run=run_facts(run), stamp=stamp)

    def more() -> Lookups:
        return {"run.input": lambda: run.input, "run.depth": lambda: run.depth}

    decision = judge(occasion, {"hook": RUN_START}, more)
    if decision.outcome != "allow":
        # There will be no such run.
        decision.row.subject, decision.row.run_id = f"workflow:{run.workflow_name}", None
    elif decision.places:
        run.input = decision.content
    return decision
