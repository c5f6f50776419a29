"""Whom a question goes to, and what they are asked."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from coordination.engine.manifest import Spec


class Asked(Spec):
    """Whom a question goes to: a role of people, a group, or named people; and how many of them must agree."""

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
    def names_someone(self) -> bool:
        """Tell whether anybody is asked."""
        return bool(self.role or self.group or self.users)


class FurtherAsked(Asked):
    """One stage of several."""

    parallel: bool = Field(default=False, description="Open together with the stage before it.")

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if not self.names_someone:
            raise ValueError("name who decides: role, group or users")
        return self


class Approval(Asked):
    """A question to people that is a step of its own; `show` is what they see, `stages` whom it asks in turn."""

    title: str
    show: dict[str, Any] = {}
    stages: list[FurtherAsked] = Field(default=[], max_length=10)
    timeout_action: Literal["deny", "fallback", "return"] = Field(
        default="deny", description="When nobody decides in time: fail, go on without the step, or plan again."
    )

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if self.stages and self.names_someone:
            raise ValueError("name who decides here or in stages, not in both")
        if not (self.stages or self.names_someone):
            raise ValueError("name who decides: role, group or users")
        return self

    @property
    def chain(self) -> list[Asked]:
        """Return whom it asks, one stage after the other."""
        return [*self.stages] or [self]
