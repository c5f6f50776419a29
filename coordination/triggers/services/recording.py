"""Write down what happened to a trigger, and let pages know."""

from coordination.accounts.actors import Actor
from coordination.audit.services import Entry, append
from coordination.shared.json import JsonObject
from coordination.shared.live import ring
from coordination.triggers.models import Trigger


def record(trigger: Trigger, actor: Actor, kind: str, data: JsonObject) -> None:
    """Write one entry to the trigger's own stream, in the transaction of its effect."""
    about = f"trigger:{trigger.name}"
    append(trigger.organization_id, about, actor, [Entry(kind, data, object=about)])
    ring(trigger.organization_id, "triggers")
