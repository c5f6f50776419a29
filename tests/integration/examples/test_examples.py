"""Every example applies, runs to the end that it promises, and there is one for everything a step can be or have."""

from collections.abc import Callable, Iterator

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.audit.services import verify
from coordination.engine.flow.definition import KINDS, Step, WorkflowSpec
from coordination.manifests.applying import apply, load
from coordination.runs.models import Run
from coordination.runs.selectors import steps_of
from tests.integration.examples.conftest import EXAMPLES
from tests.integration.examples.expected import EXPECTED

FILES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))


def test_each_example_is_expected_to_come_to_something() -> None:
    assert sorted(EXPECTED) == FILES


@pytest.mark.parametrize("name", FILES)
def test_an_example_comes_to_its_end(name: str, carried_out: Callable[[str], Run]) -> None:
    expected, run = EXPECTED[name], carried_out(name)
    assert (run.status, run.stop_reason if not expected.error else "") == (expected.status, "")
    assert (run.error or {}).get("code", "") == expected.error
    if expected.output is not None:
        assert run.output == expected.output
    came_to = {step.key: step.status for step in steps_of(run)}
    assert {key: came_to[key] for key in expected.steps} == expected.steps
    assert verify().first_bad is None


def test_all_of_them_apply_together(house: Organization) -> None:
    changes = apply(house, load(EXAMPLES), SYSTEM)
    assert {f"{name}-example" for name in FILES} <= {change.name for change in changes if change.kind == "Workflow"}


def workflows() -> Iterator[WorkflowSpec]:
    for document in load(EXAMPLES):
        if document.value["kind"] == "Workflow":
            yield WorkflowSpec.model_validate(document.value["spec"])


def told_in(step: Step) -> Iterator[str]:
    """Yield what a step is and has, in the words of the manifest."""
    yield step.kind
    yield from (name for name in ("needs", "when", "timeout", "compensate", "budget") if getattr(step, name))
    yield f"join: {step.join}"
    yield f"on_error: {step.on_error}"
    call = step.agent
    if call is not None:
        yield f"strategy: {call.strategy}"
        yield from (f"agent: {name}" for name in ("name", "role", "capability") if getattr(call, name))
        yield from ["fallback"] if call.fallback else []
    if step.retry.max:
        yield "retry"
    if step.wait is not None:
        yield from (f"wait: {name}" for name in ("for_", "until", "signal", "payload") if getattr(step.wait, name))


def test_there_is_an_example_of_everything_a_step_can_be_and_have() -> None:
    shown = {told for spec in workflows() for step in spec.steps for told in told_in(step)}
    assert shown >= {*KINDS, "needs", "when", "timeout", "compensate", "budget", "retry", "fallback", "join: any"}
    assert shown >= {f"on_error: {what}" for what in ("fail", "continue", "escalate", "compensate")}
    assert shown >= {f"strategy: {what}" for what in ("best", "race", "all")}
    assert shown >= {"agent: name", "agent: role", "agent: capability"}
    assert shown >= {"wait: for_", "wait: until", "wait: signal", "wait: payload"}


def test_the_table_names_every_example() -> None:
    table = (EXAMPLES / "README.md").read_text()
    assert [name for name in FILES if f"({name}.yaml)" not in table] == []
