"""What people think of outputs counts in the records of the agents that gave them."""

from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.risk.models import Kind, Outcome
from coordination.risk.selectors import outcome_of
from coordination.risk.services import mark
from coordination.runs.models import StepVerdict
from coordination.runs.selectors.oversight import is_bad
from coordination.shared.clock import now

_AT_ONCE: Final = 200


def heed_verdicts() -> int:
    """Mark the outcomes of outputs that people have judged since the last time; return how many were."""
    known = Outcome.objects.filter(run_id=OuterRef("run_id"), step_key=OuterRef("step_key"), kind=Kind.ANSWER)
    waiting = StepVerdict.objects.filter(Exists(known), heeded_at=None).order_by("said_at")
    named = {(one.run_id, one.step_key, one.attempt) for one in waiting[:_AT_ONCE]}
    return sum(_heed(*name) for name in sorted(named))


@transaction.atomic
def _heed(run_id: UUID, step_key: str, attempt: int) -> bool:
    """Mark one output by all that was said of it, unless it is not among the outcomes yet."""
    same = StepVerdict.objects.select_for_update().filter(run=run_id, step_key=step_key, attempt=attempt)
    said = list(same.order_by("said_at"))
    organization = Organization(pk=said[-1].organization_id)
    outcome = outcome_of(organization, run_id, step_key)
    if outcome.source != f"{run_id}:{step_key}:{attempt}":
        # The attempt that it is about has not been taken in yet, or another has come after it.
        return False
    wrong = is_bad(said)
    if outcome.marked_wrong != wrong:
        reason = next((one.reason for one in reversed(said) if one.reason), "")
        mark(organization, run_id, step_key, wrong, reason, Actor("user", said[-1].person_name))
    same.update(heeded_at=now())
    return True
