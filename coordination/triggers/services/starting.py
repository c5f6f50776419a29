"""Start a run for a trigger, and stop the one before it."""

import logging

from django.db import InterfaceError, OperationalError, transaction

from coordination.accounts.actors import Actor
from coordination.policies.errors import ActDenied
from coordination.policies.services import keep_denial
from coordination.runs.services import cancel_run, start_run
from coordination.shared.errors import Conflict, CoordinationError
from coordination.shared.json import JsonObject
from coordination.triggers.models import Firing, Trigger

logger = logging.getLogger(__name__)

_BROKEN = "It could not be started: something went wrong here. Whoever runs this finds it in the log."


def actor_of(trigger: Trigger, by: Actor | None = None) -> Actor:
    """Return who starts a run; a person who fired it by hand has started it, and may not decide what it asks."""
    return Actor("trigger", trigger.name, by.user_id if by else None)


def start(trigger: Trigger, firing: Firing, value: JsonObject, by: Actor | None) -> str:
    """Start the run of a firing, or return why it cannot be."""
    try:
        with transaction.atomic():
            firing.run = start_run(
                trigger.organization,
                trigger.workflow_name,
                value,
                actor=actor_of(trigger, by),
                priority=trigger.priority,
            )
    except CoordinationError as error:
        if isinstance(error, ActDenied):
            keep_denial(error)
        return str(error)
    except (InterfaceError, OperationalError):
        raise
    except Exception:  # One trigger that cannot start must neither be tried for ever nor hold up the others.
        logger.exception("The trigger %s could not start %s.", trigger.pk, trigger.workflow_name)
        return _BROKEN
    return ""


def stop(trigger: Trigger, firing: Firing) -> None:
    """Cancel the run of a firing, so that a newer one takes its place."""
    if firing.run_id is None:
        return
    try:
        reason = f"A newer run of the trigger {trigger.name} takes its place."
        cancel_run(trigger.organization, firing.run_id, actor_of(trigger), reason)
    except Conflict:  # It ended in this moment.
        pass
