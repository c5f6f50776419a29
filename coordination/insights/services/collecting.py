"""Look through runs that have ended, and keep what their answers and actions came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from coordination.accounts.models import Organization
from coordination.approvals.models import ApprovalRequest, State
from coordination.insights.outcomes import Ended, of_guarded, seen_in
from coordination.policies.models import PolicyDecision
from coordination.risk.models import Outcome, OutcomeCursor
from coordination.risk.services import Seen, learn
from coordination.runs.models import Run, Step, ToolCall
from coordination.shared.clock import now

# What was written a moment before the cursor may have been committed after it was read: it is looked at twice.
_OVERLAP: Final = timedelta(minutes=2)
_MOST_RUNS: Final = 200
_MOST_STEPS: Final = 4_000
_RUNS, _GUARD = "runs", "guard"
_BEGINNING: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
_OF_STEP: Final = (
    "id", "run_id", "key", "kind", "position", "status", "generation", "agent", "agent_version", "capability",
    "attempts", "proposals", "approval_id", "finished_at",
)  # fmt: skip


def collect_outcomes() -> int:
    """Take in everything that ended since the last time; return how many outcomes are new or changed."""
    return _collect_ended() + _collect_guarded()


def collect_run(run: Run) -> int:
    """Take in one run at once, if it has ended."""
    return _learn([run]) if run.finished_at is not None else 0


def _collect_ended() -> int:
    changed, place = 0, None
    while True:
        with transaction.atomic():
            cursor = _held(_RUNS)
            if cursor is None:
                return changed
            place = place or _Place(cursor.at - _OVERLAP, UUID(int=0), cursor.at)
            batch = _ended_after(place)
            if not batch:
                return changed
            changed += _learn(batch)
            last = batch[-1]
            place = _Place(last.finished_at or cursor.at, last.pk, place.known_until)
            cursor.at = max(cursor.at, place.at)
            cursor.save(update_fields=["at"])


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to go on; of what ended before `known_until`, only runs of which nothing is known are looked at again."""

    at: datetime
    run_id: UUID
    known_until: datetime


def _ended_after(place: _Place) -> list[Run]:
    later = Q(finished_at__gt=place.at) | Q(finished_at=place.at, pk__gt=place.run_id)
    is_new = Q(finished_at__gt=place.known_until) | ~Exists(Outcome.objects.filter(run_id=OuterRef("pk")))
    # The first condition alone can be looked up in the index.
    found = Run.objects.filter(later, is_new, finished_at__gte=place.at).order_by("finished_at", "pk")
    fields = ("id", "organization_id", "workflow_name", "finished_at", "steps_total")
    batch: list[Run] = []
    steps = 0
    for run in found.only(*fields)[:_MOST_RUNS]:
        steps += run.steps_total
        if batch and steps > _MOST_STEPS:
            break
        batch.append(run)
    return batch


def _learn(runs: Sequence[Run]) -> int:
    ids = [run.pk for run in runs]
    steps: dict[UUID, list[Step]] = {run.pk: [] for run in runs}
    for step in Step.objects.filter(run__in=ids, kind__in=("agent", "action")).only(*_OF_STEP):
        steps[step.run_id].append(step)
    calls: dict[UUID, list[ToolCall]] = {run.pk: [] for run in runs}
    for call in ToolCall.objects.filter(run__in=ids).defer("args", "result").order_by("released_at", "id"):
        calls[call.run_id].append(call)
    asked = [step.approval_id for some in steps.values() for step in some if step.approval_id is not None]
    requests = _requests(ApprovalRequest.objects.filter(pk__in=asked))
    known = _known({*(c.decision_id for some in calls.values() for c in some), *_decisions(requests.values())})
    by_organization: dict[UUID, list[Seen]] = {}
    for run in runs:
        ended = Ended(run, steps[run.pk], calls[run.pk], requests, known)
        by_organization.setdefault(run.organization_id, []).extend(seen_in(ended))
    return sum(learn(organization_id, seen) for organization_id, seen in sorted(by_organization.items()) if seen)


@transaction.atomic
def _collect_guarded() -> int:
    """Take in what people said about acts of agents that run elsewhere."""
    cursor = _held(_GUARD)
    if cursor is None:
        return 0
    moment = now()
    decided = ApprovalRequest.objects.filter(
        organization__in=Organization.objects.values("pk"),
        decided_at__gt=cursor.at - _OVERLAP,
        subject__startswith="guard:",
        is_synthetic=False,
        state__in=(State.APPROVED, State.CONSUMED, State.REJECTED),
    )
    requests = _requests(decided)
    known = _known(_decisions(requests.values()))
    by_organization: dict[UUID, list[Seen]] = {}
    for request in requests.values():
        by_organization.setdefault(request.organization_id, []).extend(of_guarded(request, known))
    cursor.at = moment
    cursor.save(update_fields=["at"])
    return sum(learn(organization_id, seen) for organization_id, seen in sorted(by_organization.items()))


def _held(name: str) -> OutcomeCursor | None:
    """Return the cursor, locked; None while another looks."""
    OutcomeCursor.objects.get_or_create(name=name, defaults={"at": _BEGINNING})
    return OutcomeCursor.objects.select_for_update(skip_locked=True).filter(name=name).first()


def _requests(found: Any) -> dict[UUID, ApprovalRequest]:
    return {request.pk: request for request in found.prefetch_related("decisions")}


def _decisions(requests: Any) -> set[UUID | None]:
    return {request.policy_decision_id for request in requests}


def _known(decisions: set[UUID | None]) -> dict[UUID, dict[str, Any]]:
    """Return what was known when it was decided."""
    wanted = [decision for decision in decisions if decision is not None]
    return dict(PolicyDecision.objects.filter(pk__in=wanted).values_list("pk", "input")) if wanted else {}
