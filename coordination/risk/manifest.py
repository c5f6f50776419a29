"""What an entry of the register of risks says."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from coordination.engine.manifest import Spec
from coordination.engine.trust.pert import Range

Degree = Annotated[int, Field(ge=1, le=5)]
AboutKind = Literal["agent", "workflow", "organization"]
Treatment = Literal["mitigate", "accept", "avoid", "transfer"]


class PertSpec(Spec):
    """A least, a most likely and a greatest value."""

    low: float = Field(ge=0, le=1e12)
    likely: float = Field(ge=0, le=1e12)
    high: float = Field(ge=0, le=1e12)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.likely <= self.high:
            raise ValueError("low must not be above likely, nor likely above high")
        return self

    @property
    def range(self) -> Range:
        """Return it for the simulation."""
        return Range(self.low, self.likely, self.high)


class Times(PertSpec):
    """How often in a year."""

    high: float = Field(ge=0, le=100_000)


class RiskSpec(Spec):
    """What can go wrong, how bad it is, what is done about it, and who sees to it."""

    about_kind: AboutKind
    about_name: str = Field(default="", max_length=63)
    title: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=4_000)
    misuse: str = Field(default="", max_length=4_000, description="How it could foreseeably be misused.")
    owner: str = Field(min_length=1, max_length=150, description="The member who sees to it.")
    likelihood: Degree = Field(description="Without mitigation: 1 rare to 5 almost certain.")
    impact: Degree = Field(description="Without mitigation: 1 negligible to 5 severe.")
    mitigations: str = Field(default="", max_length=4_000)
    residual_likelihood: Degree = Field(description="What is left with the mitigations in place.")
    residual_impact: Degree = Field(description="What is left with the mitigations in place.")
    treatment: Treatment = "mitigate"
    review_on: date
    frequency: Times | None = Field(default=None, description="How often in a year, with mitigations.")
    magnitude: PertSpec | None = Field(default=None, description="What one time costs, in dollars.")

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.residual_likelihood * self.residual_impact > self.likelihood * self.impact:
            raise ValueError("what is left must not be more than what there is without mitigation")
        if (self.about_kind == "organization") == bool(self.about_name):
            raise ValueError("name the agent or workflow it is about, and nothing for the whole organization")
        if (self.frequency is None) != (self.magnitude is None):
            raise ValueError("give both how often it happens and what it costs, or neither")
        return self
