"""Letters of agents that run elsewhere: they write and are given messages as those at work here do."""

from collections.abc import Sequence
from typing import Unpack
from uuid import UUID

from coordination.accounts.models import Organization
from coordination.adapters.letters import Sending
from coordination.adapters.ports import AgentMessage, Task
from coordination.agents.selectors import agent_named
from coordination.engine.flow.state import RUN_ENDED
from coordination.messaging.models import Message
from coordination.runs.access import AccessGuard
from coordination.runs.corresponding import Correspondence
from coordination.runs.errors import NotPossibleNow
from coordination.runs.selectors import get_run
from coordination.runs.work import AgentWork
from coordination.shared.clock import now
from coordination.shared.json import Json


def write_as(
    organization: Organization,
    run_id: UUID,
    agent: str,
    to: str,
    content: Json,
    performative: str = "inform",
    **about: Unpack[Sending],
) -> Message:
    """Send a message of an agent in a run; raises RunUnknown, AgentUnknown, NotPossibleNow, and what sending raises."""
    return letters_of(organization, run_id, agent).write(to, content, performative, **about)


def take_as(
    organization: Organization,
    run_id: UUID,
    agent: str,
    topics: Sequence[str] = (),
    wait_s: float = 0.0,
    limit: int = 50,
) -> list[AgentMessage]:
    """Give an agent the messages of a run that are for it; those that it was given before come again, and say so."""
    return letters_of(organization, run_id, agent).inbox(wait_s=wait_s, topics=topics, limit=limit)


def letters_of(organization: Organization, run_id: UUID, name: str) -> Correspondence:
    """Return what an agent elsewhere writes and is given in a run; raises RunUnknown, AgentUnknown, NotPossibleNow."""
    run, agent = get_run(organization, run_id), agent_named(organization, name)
    if run.status in RUN_ENDED:
        raise NotPossibleNow(why=f"the run has {run.status}, and nobody reads any more")
    work = AgentWork(
        run_id=run.pk,
        organization_id=organization.pk,
        item_id=run.pk,
        step_key="",
        attempt=0,
        adapter={},
        task=Task(capability="", input={}, agent=agent.name),
        reads=(),
        purpose="messages",
        fixed_cost_microusd=0,
        step_id=run.pk,
        began_at=now(),
    )
    return Correspondence(work, AccessGuard(work))
