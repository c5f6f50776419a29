"""Between rows and the machine: load a run for one transaction, take events, write back what changed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.state import STEP_ENDED, RunState, RunStatus, StepState, StepStatus
from coordination.policies.selectors import stamp_beside
from coordination.policies.services import Decision, bulk_record
from coordination.runs.errors import NotPossibleNow, RunUnknown, StepUnknown
from coordination.runs.models import Run, Step
from coordination.shared.clock import now
from coordination.shared.live import ring
from coordination.shared.pipeline import Prepared, pipeline
from coordination.shared.writing import insert, write
from coordination.workflows.selectors import plan_of

_WRITTEN = [
    "status", "attempt", "tries", "target", "approved", "fence", "generation", "worker", "lease_until", "due_at",
    "offered_at",
    "pool", "capability", "agent", "agent_version", "agent_role", "parameters", "facts", "output", "error",
    "confidence", "rationale", "usage", "cost_microusd", "proposals", "sources", "attempts", "approval_id",
    "decision_id", "ready_at", "started_at", "finished_at",
]  # fmt: skip

_WRITTEN_OF_RUN = [
    "status", "output", "error", "stop_reason", "steps_done", "revision", "cost_microusd", "risk", "context",
    "started_at", "finished_at", "updated_at",
]  # fmt: skip


def subject_of(run_id: UUID, step_key: str) -> str:
    """Return how lower rooms name a step of a run."""
    return f"run:{run_id}/step:{step_key}"


def parse_subject(subject: str) -> tuple[UUID, str]:
    """Return the run and the step that a subject names."""
    run, _, step = subject.partition("/step:")
    return UUID(run.removeprefix("run:")), step


@dataclass(slots=True)
class Loaded:
    """A run locked for the present transaction, with its plan, its rows and the machine's view of them."""

    run: Run
    rows: dict[str, Step]
    plan: Plan
    state: RunState
    at: datetime
    entries: list[Entry] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    decisions: list[Decision] = field(default_factory=list)
    # Names the policies that hold under this lock; None lets each decision look for itself.
    stamp: UUID | None = None

    def take(self, event: ev.Event) -> list[ev.Effect]:
        """Apply one event and mirror it into the rows; raises NotPossibleNow."""
        try:
            transition = machine.apply(self.plan, self.state, event)
        except machine.ImpossibleEvent as error:
            raise NotPossibleNow(why=str(error)) from None
        for key in transition.touched:
            self._mirror(self.rows[key], self.state.steps[key])
        self.touched |= transition.touched
        for note in transition.notes:
            self.note(note.kind, note.step, note.data)
        return transition.effects

    def note(self, kind: str, step_key: str, data: dict[str, Any], actor: str = "") -> None:
        """Put one line on the run's record; it is written with everything else in `save`."""
        about = subject_of(self.run.id, step_key) if step_key else f"run:{self.run.id}"
        said = {"step": step_key, **data} if step_key else data
        self.entries.append(Entry(kind, said, object=about, actor=actor))

    def create(self, actor: Actor) -> None:
        """Write a new run with its steps and its first audit records; ring for the pages that list it."""
        self._sum_up()
        with pipeline():
            insert([self.run])
            insert(list(self.rows.values()))
            append(self.run.organization_id, f"run:{self.run.id}", actor, self.entries)
        ring(self.run.organization_id, "runs", f"run-{self.run.id}")

    def save(self, actor: Actor = SYSTEM) -> None:
        """Write what changed and its audit records; ring for the pages that show it."""
        run = self.run
        self._sum_up()
        with pipeline():
            bulk_record(self.decisions)
            write([self.rows[key] for key in self.touched], _WRITTEN)
            write([run], _WRITTEN_OF_RUN)
            append(run.organization_id, f"run:{run.id}", actor, self.entries)
        ring(run.organization_id, "runs", f"run-{run.id}")

    def _sum_up(self) -> None:
        """Bring the run's own row in line with the machine's state."""
        run, state = self.run, self.state
        if state.ended and run.finished_at is None:
            run.finished_at = self.at
        if not state.ended:
            run.finished_at = None
        run.status, run.output, run.error = state.status, state.output, state.error
        run.stop_reason = (state.error or {}).get("message", "")[:500]
        run.steps_done = sum(step.status in STEP_ENDED for step in state.steps.values())
        run.revision += 1
        run.updated_at = self.at

    def _mirror(self, row: Step, step: StepState) -> None:
        if row.status != step.status:
            if row.status in STEP_ENDED and step.status not in STEP_ENDED:
                # It begins anew: what people agreed to before does not cover what it will do now.
                row.approval_id = row.decision_id = None
            if step.status is StepStatus.READY:
                row.ready_at = self.at
            if step.status in STEP_ENDED:
                row.finished_at = self.at
                row.lease_until = row.due_at = None
                row.worker = ""
        row.status, row.attempt, row.tries, row.target = step.status, step.attempt, step.tries, step.target
        row.approved, row.output, row.error = step.approved, step.output, step.error


_ANY = UUID(int=1)
_RUN = Prepared(lambda run_id: Run.objects.select_for_update().filter(pk=run_id), _ANY)
_STEPS = Prepared(lambda run_id: Step.objects.filter(run_id=run_id), _ANY)
_OWNER = Prepared(
    lambda run_id: Organization.objects.filter(pk__in=Run.objects.filter(pk=run_id).values("organization_id")).annotate(
        stamp=stamp_beside("pk")
    ),
    _ANY,
)


def lock(run_id: UUID, organization_id: UUID | None = None) -> Loaded:
    """Return a run locked until the transaction ends; raises RunUnknown, also for another organization's run."""
    # Each statement sees what was committed when its turn came: the steps and the stamp are read under the run's lock.
    with pipeline():
        locking, owning, reading = _RUN.send(run_id), _OWNER.send(run_id), _STEPS.send(run_id)
        runs, owners, steps = locking.rows(), owning.rows(), reading.rows()
    if not runs or organization_id not in (None, runs[0].organization_id):
        raise RunUnknown(name=run_id)
    run, organization = runs[0], owners[0]
    run.organization = organization
    rows = {row.key: row for row in steps}
    plan = plan_of(run.workflow_version_id)
    return Loaded(run, rows, plan, state_of(run, plan, rows), now(), stamp=vars(organization)["stamp"])


def state_of(run: Run, plan: Plan, rows: dict[str, Step]) -> RunState:
    """Return the machine's view of a run's rows."""
    state = machine.begin(plan, run.input, about_of(run))
    state.status, state.output, state.error = RunStatus(run.status), run.output, run.error
    state.context = run.context
    for key, row in rows.items():
        step = state.steps[key]
        step.status, step.attempt, step.tries = StepStatus(row.status), row.attempt, row.tries
        step.target, step.approved, step.output, step.error = row.target, row.approved, row.output, row.error
    return state


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
    row = loaded.rows.get(step_key)
    if row is None:
        raise StepUnknown(name=step_key)
    return row
