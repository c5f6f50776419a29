"""Between rows and the machine: load runs for one transaction, take events, write back what changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Addition, Entry, Heads, LockedHeads, append_all
from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.records import as_record
from coordination.engine.flow.state import RunState, StepStatus
from coordination.policies.selectors import stamp_beside
from coordination.policies.services import Decision, bulk_record
from coordination.risk.selectors import stamp_beside as risk_stamp_beside
from coordination.risk.services.standing import ANNOTATION as RISK_STAMP
from coordination.runs.budgets import budgets_beside, purses_of
from coordination.runs.errors import NotPossibleNow, RunUnknown, StepUnknown
from coordination.runs.models import Run, Step, WorkItem, WorkKind
from coordination.runs.purses import Purses, lock_purses, write_purses
from coordination.runs.queue import Changes
from coordination.runs.registry import Registry
from coordination.runs.stored import Rows, state_of, write_back
from coordination.shared.clock import now
from coordination.shared.live import ring
from coordination.shared.pipeline import Query, execute, pipeline
from coordination.shared.writing import insert, write
from coordination.workflows.selectors import plan_of

_WRITTEN = [
    "status", "attempt", "tries", "target", "approved", "generation", "item", "progress", "capability", "agent",
    "agent_version", "agent_role", "parameters", "facts", "output", "error", "confidence", "least_sure", "rationale",
    "usage", "cost_microusd", "reserved", "proposals", "sources", "attempts", "approval_id", "decision_id", "ready_at",
    "started_at", "finished_at",
]  # fmt: skip

_WRITTEN_OF_RUN = [
    "status", "output", "error", "stop_reason", "steps_total", "steps_done", "tally", "revision", "cost_microusd",
    "risk", "context", "has_messages", "started_at", "finished_at", "updated_at",
]  # fmt: skip
_OPEN = (StepStatus.READY, StepStatus.RUNNING, StepStatus.WAITING)
# Runs with at most so many steps are read whole: one statement is cheaper than finding out what is needed.
_SMALL = 40


def subject_of(run_id: UUID, step_key: str) -> str:
    """Return how lower rooms name a step of a run."""
    return f"run:{run_id}/step:{step_key}"


def stream_of(run_id: UUID) -> str:
    """Return the name of the stream that a run's records are in."""
    return f"run:{run_id}"


def parse_subject(subject: str) -> tuple[UUID, str]:
    """Return the run and the step that a subject names."""
    run, _, step = subject.partition("/step:")
    return UUID(run.removeprefix("run:")), step


@dataclass(slots=True)
class Loaded:
    """A run locked for the present transaction, with its plan, its rows and the machine's view of them."""

    run: Run
    rows: Rows
    plan: Plan
    state: RunState
    at: datetime
    registry: Registry
    # Names the policies that hold under this lock; None lets each decision look for itself.
    stamp: UUID | None = None
    entries: list[Entry] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    decisions: list[Decision] = field(default_factory=list)
    queue: Changes = field(default_factory=Changes)
    # What limits the calls of this run.
    purses: Purses = field(default_factory=Purses)
    # Runs that this one started in the present transaction.
    born: "list[Loaded]" = field(default_factory=list)
    # Rows were changed that are not here.
    outdated: bool = False
    # The end of its record, if it was locked together with the run and nobody wrote to it since.
    head: Heads = field(default_factory=dict)
    others_wrote: bool = False

    def take(self, event: ev.Event, actor: str = "", **details: Any) -> list[ev.Effect]:
        """Apply one event, put it on record with details, and mirror it into the rows; raises NotPossibleNow."""
        try:
            transition = machine.apply(self.plan, self.state, event)
        except machine.ImpossibleEvent as error:
            raise NotPossibleNow(why=str(error)) from None
        kind, step_key, said = as_record(event)
        self.note(kind, step_key, {**said, **details}, actor)
        for key in transition.repeated:
            # What it does from now on is a new action, and nobody has agreed to it yet.
            row = self.rows[key]
            row.generation += 1
            row.approval_id = row.decision_id = None
        for key in transition.created:
            row = self.rows.create(key)
            row.generation = self.rows[row.parent].generation if row.parent else row.generation
        # What was touched and then dropped is not there any more.
        there = {key for key in transition.touched.union(transition.created) if key in self.state.steps}
        for key in there:
            self._mirror(key)
        self.touched = {key for key in self.touched if key in self.rows} | there
        while self.rows.given_up:
            self.purses.give_back(self.rows.given_up.pop())
        for note in transition.notes:
            self.note(note.kind, note.step, note.data)
        return transition.effects

    def note(self, kind: str, step_key: str, data: dict[str, Any], actor: str = "") -> None:
        """Put one line on the run's record; it is written with everything else in `save`."""
        about = subject_of(self.run.id, step_key) if step_key else f"run:{self.run.id}"
        said = {"step": step_key, **data} if step_key else data
        self.entries.append(Entry(kind, said, object=about, actor=actor))

    def put(self, kind: WorkKind, step_key: str, due_at: datetime, *, attempt: int = 0, pool: str = "io") -> WorkItem:
        """Put something to be done for this run into the queue."""
        run = self.run
        item = WorkItem(
            organization_id=run.organization_id, run=run, step_key=step_key, kind=kind, attempt=attempt, pool=pool,
            priority=run.priority, due_at=due_at,
        )  # fmt: skip
        self.queue.added.append(item)
        return item

    @property
    def is_new(self) -> bool:
        """Tell whether the run is not written yet."""
        return self.run._state.adding

    def addition(self, actor: Actor) -> Addition:
        """Return what goes on the run's record."""
        return Addition(
            self.run.organization_id,
            stream_of(self.run.id),
            actor,
            self.entries,
            opens=self.is_new and not self.others_wrote,
        )

    def let_others_write(self) -> None:
        """Say that approvals are about to write to the run's record too: where it ends is asked again."""
        self.head, self.others_wrote = {}, True

    def begin_again(self, at: datetime, registry: "Registry", stamp: UUID | None) -> None:
        """Start another transaction on a run that nobody changed since the last one."""
        self.at, self.registry, self.stamp = at, registry, stamp
        self.entries, self.touched, self.decisions, self.queue, self.born = [], set(), [], Changes(), []

    def _mirror(self, key: str) -> None:
        row, step = self.rows[key], self.state.steps[key]
        if row.reserved and step.status is not StepStatus.RUNNING:
            self.purses.give_back(row)
        if row.status in _OPEN and step.status not in _OPEN:
            self.queue.closed.append((self.run.id, key))
        write_back(row, step, self.at)

    def sum_up(self) -> None:
        """Bring the run's own row in line with the machine's state."""
        run, state = self.run, self.state
        if state.ended and run.finished_at is None:
            run.finished_at = self.at
            self.queue.cleared.append(run.id)
            if run.parent_id is not None:
                self.queue.added.append(_news_for(run.parent_id, run, self.at))
        if not state.ended:
            run.finished_at = None
        run.status, run.output, run.error = state.status, state.output, state.error
        run.stop_reason = (state.error or {}).get("message", "")[:500]
        run.tally = state.remembered()
        run.steps_total, run.steps_done = state.tally.total, state.tally.ended
        run.revision += 1
        run.updated_at = self.at


def _news_for(parent_id: UUID, run: Run, at: datetime) -> WorkItem:
    """Return the item that tells a run of its child's end: it is never locked under its child's lock."""
    return WorkItem(
        organization_id=run.organization_id,
        run_id=parent_id,
        step_key=run.parent_step,
        attempt=run.parent_attempt,
        kind=WorkKind.CHILD_ENDED,
        priority=run.priority,
        due_at=at,
    )


def save(runs: Sequence[Loaded], actor: Actor = SYSTEM) -> None:
    """Write what changed about these runs, with their audit records; ring for the pages that show them."""
    runs = _with_born(runs)
    for loaded in runs:
        loaded.sum_up()
    changes = Changes()
    for loaded in runs:
        changes.extend(loaded.queue)
    touched = [loaded.rows[key] for loaded in runs for key in loaded.touched]
    heads: Heads = {name: head for loaded in runs for name, head in loaded.head.items()}
    with pipeline():
        insert([loaded.run for loaded in runs if loaded.is_new])
        write([loaded.run for loaded in runs if not loaded.is_new], _WRITTEN_OF_RUN)
        insert([row for row in touched if row._state.adding])
        write([row for row in touched if not row._state.adding], _WRITTEN)
        bulk_record(decision for loaded in runs for decision in loaded.decisions)
        changes.write()
        write_purses(loaded.purses for loaded in runs)
        append_all([loaded.addition(actor) for loaded in runs], heads)
    for loaded in runs:
        for model in (loaded.run, *(loaded.rows[key] for key in loaded.touched)):
            model._state.adding = False
        for key in loaded.rows.trim():
            loaded.state.steps.pop(key, None)
        ring(loaded.run.organization_id, "runs", f"run-{loaded.run.id}")


def _with_born(runs: Sequence[Loaded]) -> list[Loaded]:
    """Return the runs, each before those that it started."""
    found = list(runs)
    for loaded in found:
        found.extend(loaded.born)
    return found


# Each statement sees what was committed when its turn came: the rest is read under the locks. The order of the locks
# is the same for everyone, so that nobody waits in a circle.
_LOCK = "SELECT id, revision FROM runs_run WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
_RUNS = Query(Run.objects.all, "id = ANY(%s)")
_STEPS = Query(
    Step.objects.all,
    "run_id = ANY(%s) AND (key = ANY(%s) OR (SELECT steps_total FROM runs_run WHERE id = run_id) <= %s)",
)
_OWNERS = Query(
    lambda: Organization.objects.annotate(
        stamp=stamp_beside("pk"), daily=budgets_beside(), **{RISK_STAMP: risk_stamp_beside("pk")}
    ),
    '"accounts_organization"."id" = ANY(%s)',
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run to lock, the steps of it that matter, and its organization where that is known."""

    run_id: UUID
    organization_id: UUID | None = None
    keys: frozenset[str] = frozenset()


def lock(run_id: UUID, organization_id: UUID | None = None) -> Loaded:
    """Return a run locked until the transaction ends; raises RunUnknown, also for another organization's run."""
    loaded = lock_all([Wanted(run_id)]).get(run_id)
    if loaded is None or organization_id not in (None, loaded.run.organization_id):
        raise RunUnknown(name=run_id)
    return loaded


def lock_all(
    wanted: Sequence[Wanted], known: Mapping[UUID, Loaded] | None = None, beside: Callable[[], object] | None = None
) -> dict[UUID, Loaded]:
    """Return runs locked until the transaction ends, with the named steps at hand; those that are gone are missing.

    A run that is `known` from an earlier transaction is taken as it is, if nobody has changed it since. `beside` sends
    more statements, which are answered together with these. Two round trips, one if all is known.
    """
    known = known or {}
    houses = {one.organization_id for one in wanted if one.organization_id is not None}
    with pipeline():
        locking = execute(_LOCK, [[one.run_id for one in wanted]])
        heads = LockedHeads((one.organization_id, stream_of(one.run_id)) for one in wanted if one.organization_id)
        owning = _OWNERS.send(list(houses))
        if beside is not None:
            beside()
        revisions = dict(locking.fetchall())
    kept = {
        key: known[key] for key, revision in revisions.items() if key in known and known[key].run.revision == revision
    }
    fresh = _read([one for one in wanted if one.run_id in revisions and one.run_id not in kept])
    found = {key: kept.get(key) or fresh[key] for key in revisions}
    return _together(found, {owner.pk: owner for owner in owning.rows()}, heads.heads())


def _read(wanted: Sequence[Wanted]) -> dict[UUID, Loaded]:
    if not wanted:
        return {}
    run_ids = [one.run_id for one in wanted]
    keys = sorted(frozenset().union(*(one.keys for one in wanted)))
    with pipeline():
        asking, reading = _RUNS.send(run_ids), _STEPS.send(run_ids, keys, _SMALL)
        runs, steps = asking.rows(), reading.rows()
    of_run: dict[UUID, list[Step]] = {run.pk: [] for run in runs}
    for step in steps:
        of_run[step.run_id].append(step)
    return {run.pk: _loaded(run, of_run[run.pk]) for run in runs}


def _loaded(run: Run, steps: list[Step]) -> Loaded:
    plan = plan_of(run.workflow_version_id)
    rows = Rows(run, plan, steps, whole=run.steps_total <= _SMALL)
    return Loaded(run, rows, plan, state_of(run, plan, rows, about_of(run)), now(), Registry())


def _together(found: dict[UUID, Loaded], owners: dict[UUID, Organization], heads: Heads) -> dict[UUID, Loaded]:
    """Give runs of one transaction the same time, the same registry and their organizations' present state."""
    at, registry = now(), Registry()
    absent = {loaded.run.organization_id for loaded in found.values()} - owners.keys()
    if absent:
        owners = owners | {owner.pk: owner for owner in _OWNERS.send(list(absent)).rows()}
    for run_id, loaded in found.items():
        owner = owners[loaded.run.organization_id]
        loaded.run.organization = owner
        loaded.begin_again(at, registry, vars(owner)["stamp"])
        loaded.purses = purses_of(loaded.run, loaded.plan, vars(owner)["daily"], at)
        name = (owner.pk, stream_of(run_id))
        loaded.head, loaded.others_wrote = {name: heads[name]} if name in heads else {}, False
    lock_purses(loaded.purses for loaded in found.values())
    return found


def about_of(run: Run) -> dict[str, Any]:
    """Return what expressions may know about the run itself."""
    return {
        "id": str(run.id),
        "workflow": run.workflow_name,
        "version": run.workflow_number,
        "title": run.title,
        "priority": run.priority,
        "started_by": run.started_by_name,
    }


def row_named(loaded: Loaded, step_key: str) -> Step:
    """Return a step's row; raises StepUnknown."""
    try:
        return loaded.rows[step_key]
    except KeyError:
        raise StepUnknown(name=step_key) from None
