"""What a run's page is about: the run as it is, or as it was, and what explains it."""

from dataclasses import dataclass
from datetime import datetime

from coordination.accounts.models import Membership
from coordination.engine.flow.definition import Step as Definition
from coordination.runs.models import Run, Step
from coordination.runs.selectors import Around, Explanation, Past
from coordination.web.contexts.run_place import Place
from coordination.workflows.selectors import plan_of


@dataclass(frozen=True, slots=True)
class Scene:
    """A run at one moment, as one member looks at it from one place."""

    membership: Membership
    place: Place
    explanation: Explanation
    around: Around
    now: datetime
    past: Past | None = None

    @property
    def run(self) -> Run:
        """Return the run."""
        return self.explanation.run

    @property
    def steps(self) -> dict[str, Step]:
        """Return the steps of the workflow by key."""
        return {step.key: step for step in self.explanation.steps}

    @property
    def asks_people(self) -> bool:
        """Tell whether somebody is asked for."""
        if self.past is not None:
            return self.past.asks_people
        return any(request.is_open for request in self.explanation.approvals)

    def definition(self, key: str) -> Definition:
        """Return what the workflow says about a step."""
        return plan_of(self.run.workflow_version_id).definition(key)
