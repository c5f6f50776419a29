"""What came of answers and acts is kept, and what it says of agents and of what is usual is worked out anew."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.engine.trust.calibration import fit
from coordination.engine.trust.reliability import MOST_OUTCOMES, Record, carried, record_of
from coordination.engine.trust.usual import habit_of
from coordination.risk.models import AgentRecord, Kind, Outcome, UsualAct, Why
from coordination.risk.models.standing import ALL
from coordination.risk.selectors import outcome_of
from coordination.risk.services.stamping import renew_stamp
from coordination.risk.stream import STREAM
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.shared.live import ring

# A record that nothing is added to fades too: it is worked out anew after so long.
FADES_AFTER: Final = timedelta(days=1)
_FADED_AT_ONCE: Final = 200
_USUAL_OF: Final = 1_000
_DAY_S: Final = 86_400
_FOUND: Final = (
    "run_id", "step_key", "who", "version", "what", "amount", "confidence", "score", "likelihood", "found_wrong",
    "why", "is_wrong", "happened_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer or an act that has come to its end, as models.Outcome keeps it."""

    kind: str
    source: str
    run_id: UUID | None
    step_key: str
    who: str
    version: int | None
    what: str
    happened_at: datetime
    why: str = ""
    amount: float | None = None
    confidence: float | None = None
    score: int | None = None
    likelihood: float | None = None


@transaction.atomic
def learn(organization_id: UUID, seen: Iterable[Seen]) -> int:
    """Keep what was seen, once however often it is seen, and return how many outcomes are new or changed."""
    by_source = {(one.kind, one.source): one for one in seen}
    there = {
        (row.kind, row.source): row
        for row in Outcome.objects.select_for_update().filter(
            organization_id=organization_id, source__in=[source for _, source in by_source]
        )
    }
    rows = [_row(organization_id, one, there.get(key)) for key, one in by_source.items()]
    changed = [row for row in rows if _says(there.get((row.kind, row.source))) != _says(row)]
    if not changed:
        return 0
    Outcome.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["organization", "kind", "source"], update_fields=_FOUND
    )
    _work_out(organization_id, changed)
    ring(organization_id, "risk")
    return len(changed)


@transaction.atomic
def mark(organization: Organization, run_id: UUID, step_key: str, wrong: bool, reason: str, actor: Actor) -> Outcome:
    """Say that what a step came to was right or wrong after all; raises OutcomeUnknown."""
    row = Outcome.objects.select_for_update().get(pk=outcome_of(organization, run_id, step_key).pk)
    row.marked_wrong, row.is_wrong = wrong, wrong
    row.marked_by, row.marked_reason, row.marked_at = actor.name, reason, now()
    if wrong and not row.why:
        row.why = Why.MARKED
    row.save()
    about: JsonObject = {"step": step_key, "wrong": wrong, "found_wrong": row.found_wrong, "reason": reason}
    append(organization.pk, STREAM, actor, [Entry("OutcomeMarked", about, object=f"run:{run_id}/step:{step_key}")])
    _work_out(organization.pk, [row])
    ring(organization.pk, "risk", f"run-{run_id}")
    return row


@transaction.atomic
def refresh_stale() -> int:
    """Let records fade to which nothing was added for a day; return how many."""
    stale = list(
        AgentRecord.objects.select_for_update(skip_locked=True)
        .filter(as_of__lt=now() - FADES_AFTER)
        .order_by("as_of")[:_FADED_AT_ONCE]
    )
    for row in stale:
        _write_record(row.organization_id, row.agent, row.version, row.capability)
    for organization_id in {row.organization_id for row in stale}:
        renew_stamp(organization_id)
    return len(stale)


def _row(organization_id: UUID, one: Seen, there: Outcome | None) -> Outcome:
    row = Outcome(organization_id=organization_id, found_wrong=bool(one.why), **asdict(one))
    marked = there.marked_wrong if there else None
    row.is_wrong = row.found_wrong if marked is None else marked
    if there is not None and marked and not one.why:
        row.why = Why.MARKED
    return row


def _says(row: Outcome | None) -> tuple[object, ...] | None:
    return tuple(getattr(row, name) for name in _FOUND) if row is not None else None


def _work_out(organization_id: UUID, changed: Sequence[Outcome]) -> None:
    """Work out the records and habits that these outcomes are part of."""
    answers = {(row.who, row.version or 0, row.what) for row in changed if row.kind == Kind.ANSWER}
    for agent, version, capability in sorted(answers):
        if capability:
            _write_record(organization_id, agent, version, capability)
    for agent, version in sorted({(agent, version) for agent, version, _ in answers}):
        _write_record(organization_id, agent, version, ALL)
    for who, tool in sorted({(row.who, row.what) for row in changed if row.kind == Kind.ACT}):
        _write_usual(organization_id, who, tool)
    renew_stamp(organization_id)


def _write_record(organization_id: UUID, agent: str, version: int, capability: str) -> None:
    moment = now()
    of_agent = Outcome.objects.filter(organization_id=organization_id, kind=Kind.ANSWER, who=agent, version=version)
    found = of_agent if capability == ALL else of_agent.filter(what=capability)
    newest = list(
        found.order_by("-happened_at", "-id").values_list("happened_at", "is_wrong", "confidence")[:MOST_OUTCOMES]
    )
    own = record_of(((moment - at).total_seconds() / _DAY_S, not is_wrong) for at, is_wrong, _ in newest)
    whole = own.plus(_inherited(organization_id, agent, version, capability))
    correction = fit([(confidence, not is_wrong) for _, is_wrong, confidence in newest if confidence is not None])
    AgentRecord.objects.update_or_create(
        organization_id=organization_id,
        agent=agent,
        version=version,
        capability=capability,
        defaults={
            "successes": whole.successes,
            "failures": whole.failures,
            "n": len(newest),
            "slope": correction.slope if correction else None,
            "shift": correction.shift if correction else None,
            "as_of": moment,
        },
    )


def _inherited(organization_id: UUID, agent: str, version: int, capability: str) -> Record:
    before = AgentRecord.objects.filter(
        organization_id=organization_id, agent=agent, capability=capability, version__lt=version
    )
    row = before.order_by("-version").first()
    return carried(Record(row.successes, row.failures)) if row else Record()


def _write_usual(organization_id: UUID, who: str, tool: str) -> None:
    acts = Outcome.objects.filter(organization_id=organization_id, kind=Kind.ACT, who=who, what=tool)
    # What people stopped or took back is no habit.
    kept = acts.filter(is_wrong=False).order_by("-happened_at", "-id")
    amounts = list(kept.values_list("amount", flat=True)[:_USUAL_OF])
    habit = habit_of(len(amounts), [amount for amount in amounts if amount is not None])
    UsualAct.objects.update_or_create(
        organization_id=organization_id,
        who=who,
        tool=tool,
        defaults={
            "n": habit.n,
            "n_amounts": habit.n_amounts,
            "mean": habit.mean,
            "deviation": habit.deviation,
        },
    )
