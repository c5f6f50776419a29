"""What an organization does so that its reviewers keep judging for themselves; admins may change every number."""

from typing import Annotated, Final, Literal

from pydantic import Field

from coordination.approvals.models.states import Band
from coordination.engine.manifest import Spec

NEVER: Final = "never"
Share = Annotated[float, Field(ge=0, le=1)]
_BANDS: Final = [str(band) for band in Band]


class Terms(Spec):
    """From which band on people judge before they are advised, what is looked at twice, and how quick is too quick.

    Exercises are off until an admin turns them on: people must be told before they are tested.
    """

    own_judgement_from: Literal["low", "medium", "high", "critical", "never"] = "high"
    exercises: Annotated[float, Field(ge=0, le=0.05)] = 0.0
    second_looks: Share = 0.10
    second_looks_at_allowed: Share = 0.05
    first_actions: Annotated[int, Field(ge=0, le=100)] = 20
    look_within_days: Annotated[int, Field(ge=1, le=90)] = 14
    quick_s: Annotated[float, Field(ge=0, le=60)] = 5.0
    quick_in_a_row: Annotated[int, Field(ge=2, le=50)] = 5

    def asks_own_judgement(self, band: str) -> bool:
        """Tell whether people say what they think of such a question before they are advised."""
        if self.own_judgement_from == NEVER:
            return False
        return _BANDS.index(band) >= _BANDS.index(self.own_judgement_from)


DEFAULT: Final = Terms()
