"""An organization changes how its queue keeps time."""

from typing import Any

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.accounts.selectors import members
from coordination.approvals.manifest import DEFAULT, Duty, Rules, WorkHours
from coordination.approvals.models import QueueRules
from coordination.audit.services import Entry, append
from coordination.engine.manifest import Problem
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.shared.live import ring
from coordination.shared.manifests import checked, refuse

STREAM = "queue"


@transaction.atomic
def change_rules(organization: Organization, spec: Any, actor: Actor, reason: str = "") -> QueueRules:
    """Let the queue keep time by other rules from now on; deadlines that were set stay. Raises ManifestInvalid."""
    rules = checked(spec, Rules, "")
    _know(organization, rules.duty, "/duty/people")
    return _write(organization, rules, actor, reason)


def set_part(organization: Organization, name: str, spec: Any, actor: Actor, reason: str = "") -> QueueRules:
    """Change one part of the rules and leave the others as they are; raises ManifestInvalid."""
    with transaction.atomic():
        return change_rules(organization, {**_locked(organization).spec, name: spec}, actor, reason)


def set_hours(organization: Organization, queue: str, hours: Any, actor: Actor) -> QueueRules:
    """Set the work hours of a queue, or, with None, let it keep those of everybody; raises ManifestInvalid."""
    with transaction.atomic():
        calendars: dict[str, Any] = dict(_locked(organization).spec.get("calendars", {}))
        if hours is None:
            calendars.pop(queue, None)
        else:
            calendars[queue] = checked(hours, WorkHours, "").model_dump(mode="json")
        return set_part(organization, "calendars", calendars, actor)


def _locked(organization: Organization) -> QueueRules:
    """Return the row of the rules, locked: of two who change them at once, one waits here."""
    fresh = {
        "spec": DEFAULT.model_dump(mode="json"),
        "version": 0,
        "changed_by": "",
        "changed_at": now(),
    }
    row, _ = QueueRules.objects.select_for_update().get_or_create(organization=organization, defaults=fresh)
    return row


def _write(organization: Organization, rules: Rules, actor: Actor, reason: str) -> QueueRules:
    row = _locked(organization)
    before, said = row.spec, rules.model_dump(mode="json")
    changed: JsonObject = {
        name: {"from": before.get(name), "to": value} for name, value in said.items() if before.get(name) != value
    }
    if not changed and row.version:
        return row
    row.spec, row.version, row.changed_by, row.changed_at = said, row.version + 1, actor.name, now()
    row.save()
    about: JsonObject = {"version": row.version, "changed": changed, "reason": reason}
    append(organization.pk, STREAM, actor, [Entry("QueueRulesChanged", about, object="queue:rules")])
    ring(organization.pk, "queue")
    return row


def _know(organization: Organization, duty: Duty, pointer: str) -> None:
    """Refuse to put somebody on duty who is no member."""
    known = set(members(organization).values_list("user__username", flat=True))
    strangers = [
        Problem(f"{pointer}/{at}", f"{name} is not a member")
        for at, name in enumerate(duty.people)
        if name not in known
    ]
    if strangers:
        raise refuse(strangers)
