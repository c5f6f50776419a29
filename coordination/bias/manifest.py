"""What a manifest of kind BiasMonitor may say, and everything that can be wrong with it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from coordination.engine.cel import ExpressionError, environment
from coordination.engine.flow.expressions import inner, program
from coordination.engine.manifest import NAME, Name, Problem, Spec, problems
from coordination.engine.trust.bias import Terms

# What the expressions of a monitor may read: the run's input, and the step's arguments, output and status.
NAMES = environment({"input": "dyn", "args": "dyn", "output": "dyn", "status": "string"})
MOST_GROUPS = 20
Label = Annotated[str, Field(min_length=1, max_length=100)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Expression = Annotated[str, Field(max_length=4_000)]


class DecisionSpec(Spec):
    """Which decisions are watched: a step of a workflow, or those that are posted.

    Without a workflow, decisions come by the API only.
    """

    workflow: Name | None = None
    step: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")] | None = None
    tool: Annotated[str, Field(pattern=NAME)] | None = Field(
        default=None, description="The tool whose calls a breach holds, where no step is named."
    )
    subject: Expression = Field(default="", description="CEL: whom the decision is about, such as ${input.customer}.")
    favourable: Expression = Field(default="", description="CEL: whether it was good for them.")


class AttributeSpec(Spec):
    """A characteristic of people by which decisions are compared."""

    name: Key
    reference: Label | None = Field(default=None, description="The group that all others are compared with.")
    groups: Annotated[list[Label], Field(max_length=MOST_GROUPS)] = Field(
        default=[], description="The groups that are expected; others are counted too."
    )


class AskSpec(Spec):
    """Who is asked while a breach lasts."""

    role: Literal["manager", "reviewer", "admin"] = "reviewer"
    group: str | None = None
    n_required: int = Field(default=1, ge=1, le=5)


class BreachSpec(Spec):
    """What a breach brings about at once."""

    require_approval: AskSpec | None = None


class ProbeSpec(Spec):
    """Inputs in which the terms of one group are swapped for those of another, to see whether an agent's answer turns.

    `terms` lists the words of each group; words at the same place of two lists stand for each other.
    """

    agent: Name
    capability: Name | None = None
    inputs: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=200)]
    terms: Annotated[dict[Label, list[Label]], Field(min_length=2, max_length=6)]
    favourable: Expression = Field(description="CEL over output: which answer is good for the person.")


class MonitorSpec(Spec):
    """Decisions of one type, the characteristics they are compared by, and when that is an alarm."""

    decision: DecisionSpec = DecisionSpec()
    attributes: Annotated[list[AttributeSpec], Field(min_length=1, max_length=6)]
    intersections: bool = Field(default=False, description="Show groups of two attributes together, from 30 on.")
    alpha: float = Field(default=0.05, ge=0.001, le=0.2, description="Of a fair period: how often it may alarm.")
    margin: float = Field(default=0.10, gt=0, lt=1, description="A difference of rates that is too much.")
    ratio: float = Field(default=0.8, gt=0, le=1, description="An impact ratio that is too low: four fifths.")
    least: int = Field(default=20, ge=10, le=10_000, description="Fewer decisions of a group say nothing.")
    period_days: int = Field(default=90, ge=1, le=731)
    period_decisions: int | None = Field(
        default=None, ge=50, le=1_000_000, description="Ends a period after so many decisions instead."
    )
    on_breach: BreachSpec = BreachSpec()
    probe: ProbeSpec | None = None

    @property
    def terms(self) -> Terms:
        """Return what counts as enough and as too much, as the engine knows it."""
        return Terms(self.alpha, margin=self.margin, ratio=self.ratio, least=self.least)

    @property
    def references(self) -> dict[str, str]:
        """Return the reference group of each attribute that has one."""
        return {one.name: one.reference for one in self.attributes if one.reference}


def problems_of(spec: Any) -> list[Problem]:
    """Return everything that is wrong with a monitor's spec, all at once."""
    try:
        said = MonitorSpec.model_validate(spec)
    except ValidationError as error:
        return problems(error, MonitorSpec, "/spec")
    return [*_decision(said.decision, said.on_breach), *_attributes(said.attributes), *_probe(said.probe)]


def value_of(expression: str, values: Mapping[str, Any]) -> Any:
    """Return the value of an expression; raises ExpressionError, EvaluationError."""
    return program(inner(expression), names=NAMES).evaluate(values)


def _decision(said: DecisionSpec, breach: BreachSpec) -> Iterator[Problem]:
    if (said.workflow is None) != (said.step is None):
        missing = "step" if said.step is None else "workflow"
        yield Problem(f"/spec/decision/{missing}", "a step of a workflow is named by both: workflow and step")
    for name in ("subject", "favourable"):
        text = getattr(said, name)
        if said.workflow and not text:
            yield Problem(f"/spec/decision/{name}", "decisions that are read from runs need it")
        yield from _mistakes(text, f"/spec/decision/{name}")
    if breach.require_approval is not None and not (said.step or said.tool):
        yield Problem("/spec/on_breach", "name a step or a tool in decision: nothing else can wait for a person")


def _attributes(said: list[AttributeSpec]) -> Iterator[Problem]:
    seen: set[str] = set()
    for at, one in enumerate(said):
        if one.name in seen:
            yield Problem(f"/spec/attributes/{at}/name", f"{one.name} is there already")
        seen.add(one.name)
        if one.groups and one.reference and one.reference not in one.groups:
            yield Problem(f"/spec/attributes/{at}/reference", f"{one.reference} is none of its groups")


def _probe(said: ProbeSpec | None) -> Iterator[Problem]:
    if said is None:
        return
    if len({len(words) for words in said.terms.values()}) > 1 or not all(said.terms.values()):
        yield Problem("/spec/probe/terms", "every group needs as many terms as the others, and at least one")
    yield from _mistakes(said.favourable, "/spec/probe/favourable")


def _mistakes(text: str, pointer: str) -> Iterator[Problem]:
    if not text:
        return
    try:
        program(inner(text), names=NAMES)
    except ExpressionError as error:
        for one in error.diagnostics:
            yield Problem(pointer, one.message, one.suggestion, one.line, one.column)
