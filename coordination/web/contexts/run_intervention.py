"""What a person may do from a run's page beyond the run: tell its agents something, and pull the brake."""

from django.urls import reverse

from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.web.contexts import status as statuses
from coordination.web.contexts.parts import Choice
from coordination.web.contexts.run_scene import Scene


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
