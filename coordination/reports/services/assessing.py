"""Say how a control stands in an organization."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.reports.errors import AssessmentInvalid
from coordination.reports.models import Assessment, Standing
from coordination.reports.selectors import judged_control
from coordination.reports.services.records import record
from coordination.shared.clock import now
from coordination.shared.errors import FieldError

_LONGEST_NOTE = 2_000


@transaction.atomic
def assess(
    organization: Organization, key: str, actor: Actor, *, standing: str = "", owner: str = "", note: str = ""
) -> Assessment:
    """Set who answers for a control and how it stands; raises ControlUnknown, AssessmentInvalid."""
    control = judged_control(organization, key)
    _check(standing, owner, note)
    before = control.assessment
    changed = {"standing": standing, "owner": owner.strip(), "note": note.strip()}
    if before is not None and all(getattr(before, name) == value for name, value in changed.items()):
        return before
    kept, _ = Assessment.objects.update_or_create(
        organization=organization, control=key, defaults={**changed, "changed_by": actor.name, "changed_at": now()}
    )
    was = {name: getattr(before, name) for name in changed} if before else None
    record(organization, "ControlAssessed", actor, f"control:{key}", before=was, after=dict(changed))
    return kept


def _check(standing: str, owner: str, note: str) -> None:
    errors = []
    if standing and standing not in Standing.values:
        errors.append(FieldError("/standing", f"say one of {', '.join(Standing.values)}"))
    if len(owner) > 150:
        errors.append(FieldError("/owner", "a name has at most 150 characters"))
    if len(note) > _LONGEST_NOTE:
        errors.append(FieldError("/note", f"write at most {_LONGEST_NOTE:,} characters"))
    if standing == Standing.NOT_APPLICABLE and not note.strip():
        errors.append(FieldError("/note", "say why it does not apply"))
    if errors:
        raise AssessmentInvalid(errors=errors, problem=errors[0].message)
