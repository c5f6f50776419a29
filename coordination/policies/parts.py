"""The parts that a rule in a manifest of kind Policy is made of."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from coordination.engine.duration import Duration, seconds
from coordination.engine.manifest import Spec
from coordination.engine.rules.limits import Limit
from coordination.engine.rules.scope import Exemption, Scope
from coordination.engine.rules.stages import Chain, Stage

Text = Annotated[str, Field(max_length=2_000)]


class ParameterSpec(Spec):
    """A threshold that an admin can change without touching the condition."""

    type: Literal["string", "int", "double", "bool", "list"]
    value: bool | int | float | str | list[str]
    title: Text = ""


class StageSpec(Spec):
    """Who is asked: named users, and whoever has both the role and the group; and how many of them must agree."""

    role: Literal["manager", "reviewer", "admin", "auditor"] | None = None
    group: str | None = None
    users: list[str] = []
    n_required: int = Field(default=1, ge=1, le=20)
    deny_threshold: int = Field(default=1, ge=1, le=20, description="So many must object to refuse.")
    distinct_units: bool = Field(default=False, description="Each who agrees must be of another group.")
    min_auth: Literal["session", "oidc", "webauthn"] | None = Field(
        default=None, description="The weakest sign-in that may agree; without one an API token does."
    )

    @property
    def stage(self) -> Stage:
        """Return who is asked as the engine knows it."""
        return Stage.of(self.model_dump())

    @property
    def names_someone(self) -> bool:
        """Tell whether anybody is asked."""
        return bool(self.role or self.group or self.users)


class FurtherStageSpec(StageSpec):
    """One stage of several."""

    parallel: bool = Field(default=False, description="Open together with the stage before it.")


class ApprovalSpec(StageSpec):
    """Who is asked: one stage, or several one after the other."""

    stages: list[FurtherStageSpec] = Field(default=[], max_length=10)

    @property
    def chain(self) -> Chain:
        """Return all the stages as the engine knows them."""
        return tuple(one.stage for one in self.stages) or (self.stage,)


class ScopeSpec(Spec):
    """What a rule is about, by names and patterns of names; what is left empty may be anything."""

    workflows: list[str] = []
    agents: list[str] = []
    roles: list[str] = []
    actions: list[str] = []

    @property
    def scope(self) -> Scope:
        """Return the scope as the engine knows it."""
        return Scope(tuple(self.workflows), tuple(self.agents), tuple(self.roles), tuple(self.actions))


class LimitSpec(Spec):
    """So much in so long, for each combination of what the `by` facts say."""

    by: list[str] = Field(
        default=[], max_length=10, description="Facts, as in agent.name; without one all acts count together."
    )
    max: float = Field(ge=0, le=1e12)
    per: Duration = "1h"
    of: Literal["count", "amount", "cost"] = Field(
        default="count", description="Acts, the money that an action moves, or what a call costs at most."
    )

    @property
    def limit(self) -> Limit:
        """Return the limit as the engine knows it."""
        return Limit(self.max, seconds(self.per), tuple(self.by), self.of)


class RedactSpec(Spec):
    """What is taken out: whole fields, and personal data wherever it stands."""

    fields: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default=[], description="Dotted paths in the arguments or the output; * is any name, lists are walked through."
    )
    patterns: list[Literal["email", "phone", "card", "iban", "ip", "identity", "password"]] = []


class ExceptionSpec(Spec):
    """What the rule does not hold for, until when, who agreed to that, and why."""

    scope: ScopeSpec
    until: AwareDatetime
    approved_by: Annotated[str, Field(min_length=1, max_length=150)]
    reason: Annotated[str, Field(min_length=1, max_length=2_000)]

    @property
    def exemption(self) -> Exemption:
        """Return the exception as the engine knows it."""
        return Exemption(self.scope.scope, self.until, self.approved_by, self.reason)


class ExampleSpec(Spec):
    """A test that is kept with its rule: whether its condition holds for these facts."""

    title: Text = ""
    given: dict[str, Any] = {}
    expected: bool
