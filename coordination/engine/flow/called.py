"""Whom a step calls: agents by name, by role or by what they can do."""

from typing import Literal, Self

from pydantic import Field, model_validator

from coordination.engine.manifest import Spec


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

    strategy: Literal["best", "race", "all"] = Field(
        default="best",
        description="best: one agent. race: several, the first answer counts. all: several, all answers.",
    )
    n: int = Field(default=3, ge=2, le=20, description="How many agents race or answer, if there are so many.")
    fallback: list[Target] = []

    @property
    def route(self) -> list[Target]:
        """Return the targets in the order in which they are tried."""
        return [self, *self.fallback]

    @property
    def spreads(self) -> bool:
        """Tell whether several agents work on the step at once."""
        return self.strategy != "best"
