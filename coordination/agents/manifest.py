"""What manifests of kind Role, Agent and Tool may say."""

from typing import Annotated, Any, Literal, Self

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import Field, model_validator

from coordination.engine.duration import Duration
from coordination.engine.flow.budget import Allowance
from coordination.engine.manifest import Name, Spec

Classification = Literal["public", "internal", "customer", "confidential"]
Degree = Literal["none", "minor", "serious", "grave"]
Capability = Annotated[str, Field(min_length=1, max_length=63)]
Authority = Annotated[int, Field(ge=0, le=5)]


class RoleSpec(Spec):
    """What agents in this role may do; an agent's own limits can only narrow it."""

    authority: Authority = 1
    capabilities: list[Capability] = []
    reads: list[Classification] = ["public"]
    tools: list[str] = []


class HttpAdapter(Spec):
    """Where an agent or a tool answers over HTTP; `${env:NAME}` in a header is filled from the environment."""

    url: str
    headers: dict[str, str] = {}


class OpenAIAdapter(Spec):
    """A model behind an OpenAI-compatible server; `base_url` defaults to the setting OPENAI_BASE_URL."""

    model: str
    system: str = ""
    temperature: float = Field(default=0.2, ge=0, le=2)
    base_url: str | None = None
    key_env: str = "OPENAI_API_KEY"


class AgentAdapter(Spec):
    """How the agent is called: exactly one of these."""

    python: str | None = None
    http: HttpAdapter | None = None
    openai: OpenAIAdapter | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(kind is not None for kind in (self.python, self.http, self.openai)) != 1:
            raise ValueError("name exactly one of python, http or openai")
        return self


class Rate(Spec):
    """So many calls in so long, evenly: after a pause all of them may come at once."""

    calls: int = Field(ge=1, le=1_000_000)
    per: Duration = "1m"


class AgentSpec(Spec):
    """What an agent is, what it can do and what holds it back."""

    role: Name
    capabilities: list[Capability] = Field(min_length=1)
    adapter: AgentAdapter
    config: dict[str, Any] = {}
    pool: Literal["io", "cpu"] = "io"
    timeout: Duration = "30s"
    priority: int = Field(default=50, ge=0, le=100, description="Preferred over able agents with a lower number.")
    reads: list[Classification] | None = None
    tools: list[str] | None = None
    never: list[str] = Field(default=[], description="Tools this agent must never propose.")
    authority: Authority | None = None
    owner: str = ""
    max_concurrency: int | None = Field(default=None, ge=1, le=10_000, description="Calls at once, everywhere.")
    rate: Rate | None = Field(default=None, description="Calls in a time, everywhere.")
    budget_per_day: Allowance | None = Field(
        default=None, description="What its calls may take together in a day (UTC), everywhere."
    )
    cost_microusd_per_call: int = Field(default=0, ge=0)
    max_cost_usd_per_call: float | None = Field(
        default=None, ge=0, le=1e6, description="The most a call costs: what budgets reserve before it."
    )
    max_tokens_per_call: int | None = Field(
        default=None, ge=0, le=10**9, description="The most a call reads and writes: what budgets reserve before it."
    )


class ToolAdapter(Spec):
    """How the tool is called: exactly one of these."""

    python: str | None = None
    http: HttpAdapter | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.python is None) == (self.http is None):
            raise ValueError("name exactly one of python or http")
        return self


class ToolSpec(Spec):
    """What a tool does to the world, so that policies can judge a call before it happens."""

    adapter: ToolAdapter
    input: dict[str, Any] = Field(default={"type": "object"}, description="JSON Schema of the arguments.")
    effect: Literal["read", "write"] = "write"
    reversibility: Literal["reversible", "compensable", "irreversible"] = "irreversible"
    classification: Classification = "internal"
    amount: str | None = Field(default=None, description="The argument that holds money.")
    affects: str | None = Field(
        default=None, description="The argument that says how many people or records it affects: a number or a list."
    )
    people: Degree = Field(default="none", description="How bad what it can do to a person's life is.")
    safety: Degree = Field(default="none", description="How bad what it can do to somebody's health is.")
    summary: str = Field(default="", description="One sentence about a call, with ${args.NAME}.")
    timeout: Duration = "30s"

    @model_validator(mode="after")
    def _schema_is_one(self) -> Self:
        try:
            Draft202012Validator.check_schema(self.input)
        except SchemaError as error:
            raise ValueError(f"input is not a JSON Schema: {error.message}") from None
        return self
