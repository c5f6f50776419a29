"""People say what came of a step after all."""

from uuid import UUID

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.insights.services.collecting import collect_run
from coordination.risk.models import Outcome
from coordination.risk.services import mark
from coordination.runs.selectors import get_run


def mark_outcome(
    organization: Organization, run_id: UUID, step_key: str, wrong: bool, reason: str, actor: Actor
) -> Outcome:
    """Mark what a step of a run that has ended came to as right or wrong; raises RunUnknown, OutcomeUnknown."""
    run = get_run(organization, run_id)
    # It may have ended a moment ago.
    collect_run(run)
    return mark(organization, run.pk, step_key, wrong, reason, actor)
