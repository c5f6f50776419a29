"""Which messages a run has, who wrote to whom, and who was given what."""

from uuid import UUID

from django.db.models import Count, F, QuerySet

from coordination.accounts.models import Organization
from coordination.messaging.errors import MessageUnknown
from coordination.messaging.models import Edge, Message, Receipt


def message_in(organization_id: UUID, run_id: UUID, message_id: UUID) -> Message:
    """Return one message of a run; raises MessageUnknown."""
    found = Message.objects.filter(organization_id=organization_id, run_id=run_id, pk=message_id).first()
    if found is None:
        raise MessageUnknown(name=message_id)
    return found


def sent_in(organization: Organization, run_id: UUID | None) -> QuerySet[Message]:
    """Return the messages of a run, or of all, as they were sent, each with the number of agents that were given it."""
    found = Message.objects.filter(organization=organization)
    found = found if run_id is None else found.filter(run_id=run_id)
    return found.annotate(n_given=Count("receipts")).order_by("pk")


def edges_of(organization: Organization, run_id: UUID) -> QuerySet[Edge]:
    """Return who wrote to whom how often in a run, the busiest first."""
    return (
        Edge.objects.filter(organization=organization, run_id=run_id).exclude(sender="").order_by("-n_messages", "pk")
    )


def n_messages_of(organization: Organization, run_id: UUID) -> int:
    """Return how many messages a run has."""
    whole = Edge.objects.filter(organization=organization, run_id=run_id, sender="")
    return whole.values_list("n_messages", flat=True).first() or 0


def given_to(organization: Organization, run_id: UUID) -> list[tuple[str, str, int]]:
    """Return how many messages of each agent each other agent was given, the most first."""
    found = Receipt.objects.filter(run_id=run_id, message__organization=organization)
    pairs = found.values_list("message__sender", "agent").annotate(n=Count("message", distinct=True))
    return list(pairs.order_by("-n", F("message__sender"), F("agent")))
