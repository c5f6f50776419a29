"""A run's history is its stream in the audit log: replayed through the pure machine, it gives what the rows say."""

from collections.abc import Callable

import pytest

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.engine.flow.replay import Record, replay
from coordination.engine.flow.state import StepState
from coordination.runs.loading import about_of
from coordination.runs.models import Run, Step
from coordination.workflows.selectors import plan_of
from tests.integration.examples.test_examples import FILES

_SAME = ("status", "attempt", "tries", "target", "approved", "output", "error", "confidence", "index", "item")


def records_of(run: Run) -> list[Record]:
    events = AuditEvent.objects.filter(stream=f"run:{run.pk}").order_by("stream_no")
    return [(event.kind, event.data.get("step", ""), event.data) for event in events]


def seen(step: Step | StepState) -> dict[str, object]:
    return {name: getattr(step, name) for name in _SAME}


def check_replay(run: Run) -> None:
    """Replay a run and compare everything that the machine knows with what the rows hold."""
    state = replay(plan_of(run.workflow_version_id), run.input, about_of(run), records_of(run))
    assert (state.status, state.output, state.error) == (run.status, run.output, run.error)
    assert state.remembered() == run.tally
    rows = {row.key: row for row in Step.objects.filter(run=run)}
    for key, row in rows.items():
        assert seen(state.steps[key]) == seen(row), key
    touched = {key for key, step in state.steps.items() if step.status != "pending"}
    assert touched == {key for key, row in rows.items() if row.status != "pending"}


@pytest.mark.parametrize("name", FILES)
def test_replaying_a_run_gives_its_rows(name: str, house: Organization, carried_out: Callable[[str], Run]) -> None:
    carried_out(name)
    for run in Run.objects.filter(organization=house):
        check_replay(run)
