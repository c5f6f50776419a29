"""An admin changes how much is done so that people keep judging for themselves."""

import secrets
from typing import Any

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.approvals.models import OversightTerms
from coordination.approvals.services.record import OVERSIGHT
from coordination.approvals.terms import DEFAULT, Terms
from coordination.audit.services import Entry, append
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.shared.live import ring
from coordination.shared.manifests import checked


@transaction.atomic
def change_terms(organization: Organization, spec: Any, actor: Actor, reason: str = "") -> Terms:
    """Let other numbers hold from now on; raises ManifestInvalid."""
    terms = checked(spec, Terms, "")
    row = OversightTerms.objects.select_for_update().get(pk=drawing_of(organization).pk)
    before, said = Terms.model_validate(row.spec).model_dump(mode="json"), terms.model_dump(mode="json")
    row.spec, row.changed_by, row.changed_at = said, actor.name, now()
    row.save()
    changed: JsonObject = {
        name: {"from": before[name], "to": value} for name, value in said.items() if before[name] != value
    }
    about: JsonObject = {"changed": changed, "reason": reason}
    append(organization.pk, OVERSIGHT, actor, [Entry("OversightTermsChanged", about, object="oversight:terms")])
    ring(organization.pk, OVERSIGHT)
    return terms


def drawing_of(organization: Organization) -> OversightTerms:
    """Return the terms with the secret by which samples are drawn, which is made when it is first needed."""
    made = {"spec": DEFAULT.model_dump(mode="json"), "secret": secrets.token_hex(32)}
    return OversightTerms.objects.get_or_create(organization=organization, defaults=made)[0]
