"""What the risk score looks up: weights, shares and bands, which admins may change for their organization."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from coordination.engine.manifest import Spec

Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[int, Field(ge=1, le=100)]
_ROUNDING = 1e-9


class Weights(Spec):
    """How much each part says about how likely harm is; together they make 1."""

    reliability: Share = 0.35
    novelty: Share = 0.20
    confidence: Share = 0.20
    anomaly: Share = 0.15
    tainted: Share = 0.10

    @model_validator(mode="after")
    def _make_one(self) -> Self:
        if abs(sum(dict(self).values()) - 1) > _ROUNDING:
            raise ValueError(f"the five weights must make 1 together; they make {sum(dict(self).values()):g}")
        return self


class Rising(Spec):
    """Shares in an order that must not fall: what is worse never counts less."""

    @model_validator(mode="after")
    def _never_fall(self) -> Self:
        for (one, low), (other, high) in pairwise(self):
            if low > high:
                raise ValueError(f"{one} must not count more than {other}")
        return self


class Reversibility(Rising):
    """How much of the harm counts, by whether it can be undone; what only reads counts as reversible."""

    reversible: Share = 0.6
    compensable: Share = 0.8
    irreversible: Share = 1.0


class Classes(Rising):
    """How bad it is if data of a class is wrongly used."""

    public: Share = 0.1
    internal: Share = 0.3
    customer: Share = 0.6
    confidential: Share = 0.9


class Harm(Rising):
    """How bad it is what a tool can do to a person, as its manifest says."""

    none: Share = 0.0
    minor: Share = 0.3
    serious: Share = 0.7
    grave: Share = 1.0


class Bands(Spec):
    """From how many points on a score is medium, high, critical; below that it is low."""

    medium: Points = 25
    high: Points = 50
    critical: Points = 75

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if not self.medium < self.high < self.critical:
            raise ValueError("medium, high and critical must begin one after the other")
        return self


class Tables(Spec):
    """Everything the score looks up."""

    weights: Weights = Weights()
    base: Share = Field(default=0.4, description="The part of the impact that counts however unlikely harm is.")
    money_worst: float = Field(default=1_000, gt=0, le=1e12, description="From this amount on money counts in full.")
    data: Classes = Classes()
    people: Harm = Harm()
    safety: Harm = Harm()
    reversibility: Reversibility = Reversibility()
    reach: Share = Field(default=0.5, description="How much it counts that an act reaches very many.")
    affected_worst: int = Field(default=10_000, ge=10, le=10**9, description="So many affected count in full.")
    bands: Bands = Bands()


DEFAULT = Tables()
