"""A person tells the agents of a run something; the next call that it is meant for is given it."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.adapters.ports import Message
from coordination.runs.errors import NotPossibleNow
from coordination.runs.loading import Loaded, lock, row_named, save
from coordination.runs.models import RunMessage, Step


@transaction.atomic
def message_agent(
    organization: Organization, run_id: UUID, text: str, actor: Actor, *, agent: str = "", step_key: str = ""
) -> RunMessage:
    """Keep a message for calls of one agent, for one step, or for whoever is called next; raises NotPossibleNow."""
    loaded = lock(run_id, organization.pk)
    if loaded.state.ended:
        raise NotPossibleNow(why=f"the run has {loaded.run.status}, and no agent will be called")
    if step_key:
        row_named(loaded, step_key)
    message = leave(loaded, text, actor, agent=agent, step_key=step_key)
    save([loaded], actor)
    return message


def leave(loaded: Loaded, text: str, actor: Actor, *, agent: str = "", step_key: str = "") -> RunMessage:
    """Keep a message in a locked run; whoever saves the run writes its record."""
    message = RunMessage.objects.create(
        organization_id=loaded.run.organization_id,
        run=loaded.run,
        agent=agent,
        step_key=step_key,
        text=text,
        author=actor.name,
        created_at=loaded.at,
    )
    loaded.run.has_messages = True
    said = {"message": str(message.pk), "to": agent, "text": text}
    loaded.note("AgentMessaged", step_key, said, str(actor))
    return message


def given_to(loaded: Loaded, row: Step, agent: str, attempt: int) -> tuple[Message, ...]:
    """Return what people want this call to know, and note that it was given; asks only where something waits."""
    if not loaded.run.has_messages:
        return ()
    waiting = RunMessage.objects.filter(run=loaded.run, given_at=None)
    places = ("", row.key, row.parent or row.key)
    found = list(waiting.filter(Q(agent="") | Q(agent=agent), step_key__in=places).order_by("id"))
    for message in found:
        message.given_at, message.given_to = loaded.at, agent
        message.given_step, message.given_attempt = row.key, attempt
        message.save(update_fields=["given_at", "given_to", "given_step", "given_attempt"])
    loaded.run.has_messages = waiting.exists()
    return tuple(Message(one.author, one.text, one.created_at.isoformat(), str(one.pk)) for one in found)
