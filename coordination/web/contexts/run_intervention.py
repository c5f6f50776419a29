"""What a person may do from a run's page beyond the run: tell its agents something, and pull the brake."""

from dataclasses import dataclass

from django.urls import reverse

from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.runs.models import Quality, Run
from coordination.web.contexts import status as statuses
from coordination.web.contexts.parts import Choice
from coordination.web.contexts.run_names import called
from coordination.web.contexts.run_place import Place
from coordination.web.contexts.run_scene import Scene


@dataclass(frozen=True, slots=True)
class VerdictPage:
    """The page that asks why an output is wrong or harmful."""

    title: str
    about: str
    quality: str
    back: str

    @classmethod
    def of(cls, run: Run, step: str, quality: str) -> "VerdictPage":
        """Compute the page."""
        known = Quality.HARMFUL if quality == Quality.HARMFUL else Quality.WRONG
        return cls(known.label.capitalize(), called(run, step), known, Place(run.pk).on_step(step))


def message_link(scene: Scene) -> str:
    """Return where the run's agents are told something, if this member may and an agent may still be called."""
    if scene.past or statuses.has_ended(scene.run) or not may(scene.membership, Right.RUN_CONTROL):
        return ""
    return reverse("message-run", args=[scene.run.pk])


def interventions(scene: Scene) -> list[Choice]:
    """Return the brakes within reach: its workflow, everything, each agent of it."""
    if scene.past or not may(scene.membership, Right.STOP):
        return []
    workflow = scene.run.workflow_name
    agents = sorted({activation.agent for activation in scene.explanation.agents})
    return [
        Choice(f"Stop the workflow {workflow}", reverse("brake-workflow", args=[workflow, "stop"])),
        Choice("Stop everything", reverse("brake", args=["stop"])),
        *(Choice(f"Suspend {name} everywhere", reverse("turn-agent", args=[name, "suspend"])) for name in agents),
    ]
