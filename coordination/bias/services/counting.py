"""Count decisions, and join what turned out of them: each once, whatever arrives again and however late."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.bias.models import BiasMonitor, CountedDecision
from coordination.bias.services.records import record
from coordination.bias.subjects import digest_of_subject
from coordination.shared.clock import now

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it comes in; `reference` is what it is known by."""

    reference: str
    subject: str
    favourable: bool
    decided_at: datetime
    run_id: UUID | None = None
    outcome: bool | None = None


@dataclass(frozen=True, slots=True)
class TurnedOut:
    """What turned out to be right about a decision."""

    reference: str
    outcome: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of outcomes: of each kind so many."""

    recorded: int = 0
    repeated: int = 0
    contradicting: int = 0
    unknown: int = 0
    late: int = 0


@transaction.atomic
def count_decisions(monitor: BiasMonitor, decided: Sequence[Decided]) -> int:
    """Count those that are new, and return how many these are.

    What was decided before the present period began, and comes only now, belongs to the one before and is judged no
    more; the first period takes all there was.
    """
    if not decided:
        return 0
    # Locked: a period that ends at this moment must not miss what is counted for it.
    held = BiasMonitor.objects.select_for_update().get(pk=monitor.pk)
    wanted = {one.reference: one for one in decided}
    known = CountedDecision.objects.filter(monitor=held, reference__in=list(wanted))
    seen = set(known.values_list("reference", flat=True))
    new = [one for reference, one in wanted.items() if reference not in seen]
    CountedDecision.objects.bulk_create([_row(held, one) for one in new], batch_size=_BATCH)
    if new and not held.is_stale:
        BiasMonitor.objects.filter(pk=held.pk).update(is_stale=True)
    return len(new)


@transaction.atomic
def post_decisions(monitor: BiasMonitor, decided: Sequence[Decided], actor: Actor) -> int:
    """Count decisions that somebody sends, with a record of that."""
    new = count_decisions(monitor, decided)
    record("BiasDecisionsPosted", monitor, actor, sent=len(decided), counted=new)
    return new


@transaction.atomic
def join_outcomes(monitor: BiasMonitor, found: Iterable[TurnedOut], actor: Actor) -> Joined:
    """Join outcomes to their decisions: the first one that comes counts, and a second one changes nothing."""
    wanted: dict[str, list[TurnedOut]] = {}
    for one in found:
        wanted.setdefault(one.reference, []).append(one)
    rows = CountedDecision.objects.select_for_update().filter(monitor=monitor, reference__in=list(wanted))
    tally = dict.fromkeys(("recorded", "repeated", "contradicting", "late"), 0)
    changed = []
    for row in rows.order_by("id"):
        for one in wanted.pop(row.reference):
            if row.outcome is not None:
                tally["repeated" if row.outcome == one.outcome else "contradicting"] += 1
                continue
            row.outcome, row.outcome_at = one.outcome, one.at
            row.is_outcome_late = row.period < monitor.period
            tally["recorded"] += 1
            tally["late"] += row.is_outcome_late
            changed.append(row)
    CountedDecision.objects.bulk_update(changed, ["outcome", "outcome_at", "is_outcome_late"], batch_size=_BATCH)
    joined = Joined(**tally, unknown=sum(map(len, wanted.values())))
    if changed:
        BiasMonitor.objects.filter(pk=monitor.pk).update(is_stale=True)
    details = {name: getattr(joined, name) for name in ("recorded", "repeated", "contradicting", "unknown", "late")}
    record("BiasOutcomesPosted", monitor, actor, **details)
    return joined


def _row(monitor: BiasMonitor, one: Decided) -> CountedDecision:
    began = monitor.period_began_at or now()
    is_past = monitor.period > 1 and one.decided_at < began
    return CountedDecision(
        organization_id=monitor.organization_id,
        monitor_id=monitor.pk,
        reference=one.reference,
        subject=digest_of_subject(monitor.organization_id, one.subject),
        favourable=one.favourable,
        period=monitor.period - 1 if is_past else monitor.period,
        run_id=one.run_id,
        decided_at=one.decided_at,
        outcome=one.outcome,
        outcome_at=now() if one.outcome is not None else None,
    )
