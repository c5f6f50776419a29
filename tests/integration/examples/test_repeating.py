"""What has ended can be done again from any step, and comes to the same end; its record still replays."""

from collections.abc import Callable

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.audit.services import verify
from coordination.engine.flow.definition import WorkflowSpec
from coordination.manifests.applying import load
from coordination.runs.models import Run
from coordination.runs.services import retry_step
from tests.integration.examples.conftest import EXAMPLES, bring_to_its_end
from tests.integration.examples.expected import EXPECTED
from tests.integration.examples.test_examples import FILES
from tests.integration.examples.test_replay import check_replay


def steps_of_example(name: str) -> list[str]:
    documents = (document.value for document in load(EXAMPLES / f"{name}.yaml"))
    spec = next(
        one["spec"] for one in documents if one["metadata"]["name"] == f"{name}-example" and "steps" in one["spec"]
    )
    return [step.id for step in WorkflowSpec.model_validate(spec).steps]


@pytest.mark.parametrize(("name", "key"), [(name, key) for name in FILES for key in steps_of_example(name)])
def test_a_run_that_is_repeated_from_a_step_comes_to_the_same_end(
    name: str, key: str, house: Organization, carried_out: Callable[[str], Run]
) -> None:
    run = carried_out(name)
    if run.steps.get(key=key).status == "cancelled":
        return
    retry_step(house, run.pk, key, SYSTEM, "once more")
    run = bring_to_its_end(house, run, EXPECTED[name])
    assert (run.status, run.error and run.error["code"]) == (EXPECTED[name].status, EXPECTED[name].error or None)
    check_replay(run)
    assert verify().first_bad is None
