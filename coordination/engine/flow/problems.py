"""What is wrong with a workflow, found before anything runs, all at once."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from pydantic import ValidationError

from coordination.engine.flow.checks.expressions import Expressions
from coordination.engine.flow.checks.salvage import sound_part
from coordination.engine.flow.checks.schemas import NO_SCHEMA, problems_of_schema
from coordination.engine.flow.checks.sites import sites_in
from coordination.engine.flow.checks.wiring import problems_of_wiring
from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.manifest import Problem, problems

MOST_TOLD = 500
MOST_EXPRESSIONS = 10_000


def problems_of(raw: Any) -> list[Problem]:
    """Return everything that is wrong with a workflow's spec as it was written."""
    try:
        return problems_in(WorkflowSpec.model_validate(raw))
    except ValidationError as error:
        found = problems(error, WorkflowSpec, "/spec")
    found = [one for problem in found for one in _told_in_full(problem, raw)]
    told = {one.pointer for one in found}
    # What is broken in one place hides nothing that is wrong in another.
    return found + [one for one in problems_in(sound_part(raw)) if one.pointer not in told]


def problems_in(spec: WorkflowSpec) -> list[Problem]:
    """Return everything that would keep a workflow from running, as far as its definition tells."""
    every = chain(_schemas(spec), problems_of_wiring(spec.steps), _askable(spec), _expressions(spec))
    found = [*islice(every, MOST_TOLD)]
    if next(every, None) is not None:
        found.append(Problem("/spec", f"these are the first {MOST_TOLD}; there are more"))
    return found


def _schemas(spec: WorkflowSpec) -> Iterator[Problem]:
    yield from problems_of_schema(spec.input, ("spec", "input"))
    for index, step in enumerate(spec.steps):
        if step.wait is not None:
            yield from problems_of_schema(step.wait.payload, ("spec", "steps", index, "wait", "payload"))


def _askable(spec: WorkflowSpec) -> Iterator[Problem]:
    """Yield questions that more people must agree to than are named."""
    for index, step in enumerate(spec.steps):
        if step.approval is None:
            continue
        for at, asked in enumerate(step.approval.chain):
            n_named = len({*asked.users})
            if not (asked.role or asked.group) and n_named < asked.n_required:
                message = f"{asked.n_required} people must agree, but only {n_named} can be asked"
                place = f"/stages/{at}" if step.approval.stages else ""
                yield Problem(f"/spec/steps/{index}/approval{place}/n_required", message)


def _expressions(spec: WorkflowSpec) -> Iterator[Problem]:
    sites = sites_in(spec)
    yield from sites.broken
    if len(sites.found) > MOST_EXPRESSIONS:
        message = f"a workflow may have at most {MOST_EXPRESSIONS:,} expressions; this one has {len(sites.found):,}"
        yield Problem("/spec", message)
        return
    checked = Expressions(spec)
    for site in sites.found:
        yield from checked.problems(site)


def _told_in_full(problem: Problem, raw: Any) -> list[Problem]:
    """Return each place where a value is no JSON Schema, where validation names but one mistake of all."""
    if not problem.message.startswith(NO_SCHEMA):
        return [problem]
    value, path = raw, problem.pointer.split("/")[2:]
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return problems_of_schema(value, ("spec", *path)) or [problem]
