"""What a workflow may say: typed, validated, immutable."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import Field, model_validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from coordination.engine.duration import Duration
from coordination.engine.manifest import Spec

StepId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Expressions = dict[str, Any]
_LONGEST = 200
KINDS = ("agent", "approval", "action", "set")


class Target(Spec):
    """Who takes a step: one agent by name, or any able one by role or capability."""

    name: str | None = None
    role: str | None = None
    capability: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.name, self.role, self.capability)) != 1:
            raise ValueError("name exactly one of name, role or capability")
        return self

    def __str__(self) -> str:
        return self.name or self.capability or f"role {self.role}"


class AgentCall(Target):
    """An agent's work; when the target fails for good, the fallbacks are tried in order."""

    fallback: list[Target] = []

    @property
    def route(self) -> list[Target]:
        """Return the targets in the order in which they are tried."""
        return [self, *self.fallback]


class Asked(Spec):
    """Whom a question goes to: a role of people, a group, or named people."""

    role: Literal["manager", "reviewer", "admin", "auditor"] | None = None
    group: str | None = None
    users: list[str] = []
    n_required: int = Field(default=1, ge=1, le=20)


class Approval(Asked):
    """A question to people that is a step of its own; `show` is what they see."""

    title: str
    show: Expressions = {}

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if not (self.role or self.group or self.users):
            raise ValueError("name who decides: role, group or users")
        return self


class Action(Spec):
    """A call of a tool; it passes the gate."""

    tool: str
    args: Expressions = {}


class Retry(Spec):
    """How often and how patiently a failed attempt is repeated on the same target."""

    max: int = Field(default=2, ge=0, le=20)
    backoff: Duration = "1s"
    factor: float = Field(default=2.0, ge=1, le=10)
    limit: Duration = "5m"


class Budget(Spec):
    """What a run may spend."""

    cost_usd: float = Field(gt=0)


class Step(Spec):
    """One step: exactly one kind, and how it depends on the others."""

    id: StepId
    title: str = Field(default="", max_length=200)
    needs: list[StepId] = []
    when: str | None = None
    join: Literal["all", "any"] = "all"
    timeout: Duration | None = None
    retry: Retry = Retry(max=0)
    on_error: Literal["fail", "continue"] = "fail"
    input: Expressions = {}
    facts: Expressions = Field(default={}, description="What policies may know about this step, as facts.NAME.")
    agent: AgentCall | None = None
    approval: Approval | None = None
    action: Action | None = None
    set: Expressions | None = None

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Self:
        kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise ValueError(f"a step is exactly one of {', '.join(KINDS)}; this one names {kinds or 'none'}")
        return self

    @property
    def kind(self) -> str:
        """Return the name of the step's kind."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)


class WorkflowSpec(Spec):
    """A whole workflow: what goes in, the steps, what comes out."""

    input: dict[str, Any] = Field(default={"type": "object"}, description="JSON Schema of the input.")
    title: str = Field(default="", description="What a run is called, with expressions over input.")
    budget: Budget | None = None
    output: Expressions = {}
    steps: list[Step] = Field(min_length=1, max_length=1_000)

    @model_validator(mode="after")
    def _schema_is_one(self) -> Self:
        try:
            Draft202012Validator.check_schema(self.input)
        except SchemaError as error:
            raise ValueError(f"input is not a JSON Schema: {error.message}") from None
        return self


def input_errors(schema: Mapping[str, Any], value: object) -> list[tuple[list[object], str]]:
    """Return each place where a value breaks a JSON Schema, with what is wrong there.

    A schema that leads elsewhere or nowhere fits no value: nothing is ever fetched.
    """
    try:
        found = list(Draft202012Validator(schema, registry=Registry()).iter_errors(value))
    except (Unresolvable, RecursionError):
        return [([], "the schema refers to what is not in it, or to itself without end")]
    ordered = sorted(found, key=lambda error: str(error.absolute_path))
    return [(list(error.absolute_path), _without_bulk(error.message)) for error in ordered]


def _without_bulk(message: str) -> str:
    """Return a message that quotes a whole value with the middle of it left out."""
    return message if len(message) <= _LONGEST else f"{message[: _LONGEST // 2]} … {message[-_LONGEST // 2 :]}"
