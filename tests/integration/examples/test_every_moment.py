"""A run can be looked at as it was after each of its records, and at the last one it is what its rows say."""

from collections.abc import Callable

import pytest

from coordination.accounts.models import Organization
from coordination.runs.models import Run, Step
from coordination.runs.selectors import Past, length_of, run_at, steps_of
from tests.integration.examples.test_examples import FILES

# What the record knows: the machine's view, and who worked when.
SAME = (
    "key", "title", "kind", "parent", "index", "item", "status", "attempt", "tries", "target", "approved", "output",
    "error", "confidence", "progress", "position",
)  # fmt: skip


def shown(step: Step) -> dict[str, object]:
    told = {name: getattr(step, name) for name in SAME}
    if step.kind == "agent":
        told |= {"agent": step.agent, "tried": [attempt["status"] for attempt in step.attempts]}
    return told


def check_present(run: Run, past: Past) -> None:
    then = past.run
    for name in ("status", "output", "error", "stop_reason", "steps_done", "steps_total", "cost_microusd"):
        assert getattr(then, name) == getattr(run, name), name
    assert [shown(step) for step in past.steps] == [shown(step) for step in steps_of(run)]
    rows = run.steps.exclude(parent="").order_by("parent", "index", "key")
    parents = sorted({row.parent for row in rows})
    children = [past.step(key) for parent in parents for key in past.inside(parent)]
    assert [shown(step) for step in children if step] == [shown(step) for step in rows]


@pytest.mark.parametrize("name", FILES)
def test_every_moment_of_a_run_can_be_seen_again(
    name: str, house: Organization, carried_out: Callable[[str], Run]
) -> None:
    carried_out(name)
    for run in Run.objects.filter(organization=house):
        length = length_of(run)
        check_present(run, run_at(run, length))
        seen = [run_at(run, number) for number in range(length + 1)]
        assert [(past.number, past.gap) for past in seen] == [(number, None) for number in range(length + 1)]
        assert (seen[0].run.status, seen[0].record) == ("pending", None)
        assert all(past.record is not None and past.record.stream_no == past.number for past in seen[1:])
        done = [past.run.steps_done for past in seen]
        assert (done[0], done[-1]) == (0, run.steps_done)
