"""What a workflow may say: typed, validated, immutable."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from coordination.engine.duration import Duration, seconds
from coordination.engine.flow.asked import Approval
from coordination.engine.flow.budget import Allowance, RunBudget
from coordination.engine.flow.called import AgentCall
from coordination.engine.flow.council import Negotiate, Vote
from coordination.engine.manifest import Name, Spec
from coordination.engine.moment import moment

StepId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
SignalName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,62}$")]
Expressions = dict[str, Any]
MOST_ITEMS = 10_000
_LONGEST = 200
KINDS = ("agent", "vote", "negotiate", "approval", "action", "set", "map", "loop", "workflow", "wait")
# The kinds whose attempts can fail for a passing reason; in a map or loop, what is done each time has its own retry.
RETRIED = ("agent", "vote", "negotiate", "action", "workflow")
# The kinds that call nobody.
_FREE = ("approval", "set", "wait")


def _schema(value: dict[str, Any]) -> dict[str, Any]:
    try:
        Draft202012Validator.check_schema(value)
    except SchemaError as error:
        raise ValueError(f"this is not a JSON Schema: {error.message}") from None
    return value


JsonSchema = Annotated[dict[str, Any], AfterValidator(_schema)]


class Action(Spec):
    """A call of a tool; it passes the gate."""

    tool: str
    args: Expressions = {}


class WorkflowCall(Spec):
    """A run of another workflow; its output is the step's output."""

    name: Name
    input: Expressions = {}


class Wait(Spec):
    """A pause: for a time, until a moment, or until a signal comes; the signal's payload is the step's output."""

    # The only names here are those that people write; what is kept and shown has them too.
    model_config = ConfigDict(populate_by_name=False, serialize_by_alias=True)

    for_: str | None = Field(default=None, alias="for", description="A duration, or an expression that gives one.")
    until: str | None = Field(default=None, description="A time with its zone, or an expression that gives one.")
    signal: SignalName | None = None
    payload: JsonSchema = Field(default={}, description="JSON Schema of what comes with the signal.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.for_, self.until, self.signal)) != 1:
            raise ValueError("name exactly one of for, until or signal")
        if self.payload and self.signal is None:
            raise ValueError("only a signal has a payload")
        return self

    @field_validator("for_", "until")
    @classmethod
    def _is_read(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and "${" not in value:
            (seconds if info.field_name == "for_" else moment)(value)
        return value


class Retry(Spec):
    """How often and how patiently a failed attempt is repeated on the same target."""

    max: int = Field(default=2, ge=0, le=20)
    backoff: Duration = "1s"
    factor: float = Field(default=2.0, ge=1, le=10)
    limit: Duration = "5m"
    on: list[str] = Field(
        default=[], description="Error codes that are retried; without any, those that may well pass by themselves."
    )

    @field_validator("on")
    @classmethod
    def _known_outcome(cls, value: list[str]) -> list[str]:
        if "outcome-unknown" in value:
            raise ValueError("outcome-unknown is not retried: it may have happened, so a person decides")
        return value


class Work(Spec):
    """What an agent or a tool does inside another step, with its own patience."""

    kinds: ClassVar[tuple[str, ...]] = ("agent", "action")

    agent: AgentCall | None = None
    action: Action | None = None
    input: Expressions = {}
    facts: Expressions = Field(default={}, description="What policies may know about this, as facts.NAME.")
    retry: Retry = Retry(max=0)
    timeout: Duration | None = None

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Self:
        _one_of(self, self.kinds, "what is done")
        if self.agent is not None and self.agent.spreads:
            raise ValueError(f"strategy {self.agent.strategy} needs a step of its own; a workflow may have one")
        return self


class Compensation(Work):
    """What takes a step back when a later one fails; its expressions may read the step's output."""

    retry: Retry = Retry()


class Body(Work):
    """What is done for each item or in each round: several steps are a workflow."""

    kinds: ClassVar[tuple[str, ...]] = ("agent", "action", "workflow", "set")

    workflow: WorkflowCall | None = None
    set: Expressions | None = None


class Map(Body):
    """The same for each item of a list, many at once; the output is the list of the outputs."""

    over: str | list[Any] = Field(description="The items: a list, or an expression that gives one.")
    concurrency: int = Field(default=20, ge=1, le=1_000)
    max_failures: int = Field(default=0, ge=0, description="How many items may fail; their outputs are null.")


class Loop(Body):
    """The same again, round after round, until a condition holds; the output is the last round's."""

    until: str = Field(description="A condition that is looked at after each round.")
    max: int = Field(default=10, ge=1, le=1_000)
    exhausted: Literal["fail", "accept"] = Field(
        default="fail", description="What it means that the condition does not hold after the last round."
    )


class Step(Spec):
    """One step: exactly one kind, and how it depends on the others."""

    id: StepId
    title: str = Field(default="", max_length=200)
    needs: list[StepId] = []
    when: str | None = None
    join: Literal["all", "any"] = "all"
    timeout: Duration | None = None
    retry: Retry = Retry(max=0)
    on_error: Literal["fail", "continue", "escalate", "compensate"] = "fail"
    compensate: Compensation | None = None
    budget: Allowance | None = Field(
        default=None, description="What the step may spend in a run: all attempts, items, rounds and runs within it."
    )
    input: Expressions = {}
    facts: Expressions = Field(default={}, description="What policies may know about this step, as facts.NAME.")
    agent: AgentCall | None = None
    vote: Vote | None = None
    negotiate: Negotiate | None = None
    approval: Approval | None = None
    action: Action | None = None
    set: Expressions | None = None
    map: Map | None = None
    loop: Loop | None = None
    workflow: WorkflowCall | None = None
    wait: Wait | None = None

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Self:
        _one_of(self, KINDS, "a step")
        return self

    @model_validator(mode="after")
    def _modifiers_that_mean_something(self) -> Self:
        inside = self.kind if self.kind in {"map", "loop"} else None
        if self.retry.max and self.kind not in RETRIED:
            where = f"write it inside {inside}" if inside else f"only {', '.join(RETRIED)} are repeated"
            raise ValueError(f"retry means nothing here: {where}")
        if self.budget is not None and self.kind in _FREE:
            raise ValueError(f"budget means nothing here: {self.kind} calls no agent and no tool")
        for name in ("input", "facts"):
            if inside and getattr(self, name):
                raise ValueError(f"{name} means nothing here: write it inside {inside}")
        return self

    @cached_property
    def kind(self) -> str:
        """Return the name of the step's kind."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def body(self) -> Map | Loop | None:
        """Return what a map or a loop repeats."""
        return self.map or self.loop

    @property
    def council(self) -> Vote | Negotiate | None:
        """Return what several agents come to together, by a vote or by negotiating."""
        return self.vote or self.negotiate


def _one_of(spec: Spec, kinds: tuple[str, ...], what: str) -> None:
    named = [kind for kind in kinds if getattr(spec, kind) is not None]
    if len(named) != 1:
        said = " and ".join(named) or "none"
        raise ValueError(f"{what} is exactly one of {', '.join(kinds)}; this names {said}")


class WorkflowSpec(Spec):
    """A whole workflow: what goes in, the steps, what comes out."""

    input: JsonSchema = Field(default={"type": "object"}, description="JSON Schema of the input.")
    title: str = Field(default="", description="What a run is called, with expressions over input.")
    budget: RunBudget | None = Field(default=None, description="What each run may spend, with all runs within it.")
    budget_per_day: Allowance | None = Field(
        default=None, description="What all runs of the workflow may spend in a day (UTC), with all runs within them."
    )
    output: Expressions = {}
    steps: list[Step] = Field(min_length=1, max_length=1_000)


def input_errors(schema: Mapping[str, Any], value: object) -> list[tuple[list[object], str]]:
    """Return each place where a value breaks a JSON Schema, with what is wrong there.

    A schema that leads elsewhere or nowhere, or has a pattern that is none, fits no value: nothing is ever fetched.
    """
    try:
        found = list(Draft202012Validator(schema, registry=Registry()).iter_errors(value))
    except (Unresolvable, RecursionError):
        return [([], "the schema refers to what is not in it, or to itself without end")]
    except re.error as error:
        return [([], f"the schema has a pattern that is no regular expression: {error}")]
    ordered = sorted(found, key=lambda error: str(error.absolute_path))
    return [(list(error.absolute_path), _without_bulk(error.message)) for error in ordered]


def _without_bulk(message: str) -> str:
    """Return a message that quotes a whole value with the middle of it left out."""
    return message if len(message) <= _LONGEST else f"{message[: _LONGEST // 2]} … {message[-_LONGEST // 2 :]}"
