"""What is checked against before a run is what a run then has."""

from coordination.engine.flow.checks.knowledge import RUN
from coordination.runs.loading import about_of
from coordination.runs.models import Run


def test_the_fields_of_a_run_are_those_that_expressions_may_name() -> None:
    assert {*RUN.fields} == {*about_of(Run(workflow_name="flow"))}
