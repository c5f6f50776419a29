"""What people told agents, thought of outputs, and brought to a stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.agents.models import Agent, AgentStatus
from coordination.runs.models import Quality, Run, RunMessage, Step, StepVerdict, Stop
from coordination.workflows.models import Workflow
from coordination.workflows.selectors import plan_of


def messages_of(run: Run) -> QuerySet[RunMessage]:
    """Return what people told the agents of a run, oldest first."""
    return RunMessage.objects.filter(run=run).order_by("id")


def agents_in(run: Run) -> list[str]:
    """Return the agents that a run's workflow names, and those that worked on it, by name."""
    named = {step.agent.name for step in plan_of(run.workflow_version_id).spec.steps if step.agent and step.agent.name}
    worked = Step.objects.filter(run=run, kind="agent").exclude(agent="").values_list("agent", flat=True).distinct()
    return sorted(named.union(worked))


def verdicts_of(run: Run, keys: Iterable[str] = ()) -> QuerySet[StepVerdict]:
    """Return what people think of outputs of a run, or of some of its steps; the newest first."""
    found = StepVerdict.objects.filter(run=run)
    return (found.filter(step_key__in=list(keys)) if keys else found).order_by("-said_at", "-id")


def verdicts_on(step: Step) -> list[StepVerdict]:
    """Return what people think of a step's present output."""
    return list(verdicts_of(step.run, [step.key]).filter(attempt=step.attempt))


def is_bad(verdicts: Iterable[StepVerdict]) -> bool:
    """Tell what several verdicts on one output come to: one word of harm is enough, or half of them against it."""
    said = [verdict.quality for verdict in verdicts]
    return Quality.HARMFUL in said or 2 * said.count(Quality.WRONG) >= max(1, len(said))


def stops(organization: Organization) -> QuerySet[Stop]:
    """Return what people brought to a stand, newest first."""
    return Stop.objects.filter(organization=organization).order_by("-stopped_at", "-id")


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands still now."""

    everything: Stop | None
    halted_at: datetime | None
    workflows: list[Workflow]
    reasons: dict[str, Stop]
    agents: list[Agent]


def standing_still(organization: Organization) -> Standing:
    """Return what a person has stopped and nobody has let go on."""
    open_stops = {stop.workflow: stop for stop in stops(organization).filter(ended_at=None)}
    return Standing(
        everything=open_stops.get(""),
        halted_at=organization.halted_at,
        workflows=list(Workflow.objects.filter(organization=organization, stopped_at__isnull=False).order_by("name")),
        reasons=open_stops,
        agents=list(Agent.objects.filter(organization=organization, status=AgentStatus.SUSPENDED).order_by("name")),
    )
