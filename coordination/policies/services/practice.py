"""How changes of policies come into force in an organization: who has to look, how long they are tried."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.policies.errors import PracticeInvalid, PracticeReasonMissing
from coordination.policies.models import PolicyPractice
from coordination.policies.selectors.lifecycle import PRACTICES
from coordination.policies.services.changing import ask_about_change
from coordination.policies.services.records import STREAM
from coordination.shared.clock import now
from coordination.shared.errors import FieldError
from coordination.shared.json import Json
from coordination.shared.live import ring


@transaction.atomic
def set_practice(organization: Organization, actor: Actor, *, reason: str = "", **changes: Any) -> PolicyPractice:
    """Change the practice; doing without reviews takes a reason. Raises PracticeInvalid, PracticeReasonMissing."""
    PolicyPractice.objects.get_or_create(organization=organization)
    practice = PolicyPractice.objects.select_for_update().get(organization=organization)
    before = _said(practice)
    for name, value in changes.items():
        setattr(practice, name, value)
    _refuse_invalid(practice)
    if not practice.is_review_required and not reason.strip():
        error = FieldError("/reason", "say why changes are not reviewed")
        raise PracticeReasonMissing(errors=[error])
    practice.reason = "" if practice.is_review_required else reason.strip()
    after = _said(practice)
    if after == before:
        return practice
    ask_about_change(organization, actor, "policy", "practice", "practice", after)
    practice.changed_at, practice.changed_by = now(), actor.name
    practice.save()
    data: dict[str, Json] = {"before": before, "after": after, "reason": reason.strip()}
    append(organization.pk, STREAM, actor, [Entry("PolicyPracticeChanged", data, object="policy-practice")])
    ring(organization.pk, "policies")
    return practice


def _said(practice: PolicyPractice) -> dict[str, Json]:
    return {name: getattr(practice, name) for name in (*PRACTICES, "reason")}


def _refuse_invalid(practice: PolicyPractice) -> None:
    try:
        practice.clean_fields(exclude=["organization", "changed_at", "changed_by"])
    except ValidationError as error:
        errors = [FieldError(f"/{name}", messages[0]) for name, messages in error.message_dict.items()]
        raise PracticeInvalid(errors=errors, problem=f"{errors[0].pointer[1:]}: {errors[0].message}") from None
