"""The register of risks: put in, changed, looked at again, closed."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.accounts.selectors import members
from coordination.agents.models import Agent
from coordination.audit.services import Entry, append
from coordination.risk.errors import AboutUnknown, OwnerUnknown, RiskClosed, RiskUnknown
from coordination.risk.manifest import RiskSpec
from coordination.risk.models import RegisteredRisk, RiskState
from coordination.risk.stream import STREAM
from coordination.shared.clock import now
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject
from coordination.shared.live import ring
from coordination.shared.manifests import checked


@transaction.atomic
def register_risk(organization: Organization, spec: Any, actor: Actor) -> RegisteredRisk:
    """Put a risk into the register; raises ManifestInvalid, AboutUnknown, OwnerUnknown."""
    risk = RegisteredRisk(organization=organization, created_at=now())
    _fill(risk, _checked(organization, spec))
    risk.save(force_insert=True)
    said: JsonObject = {"spec": risk.spec}
    _record(risk, actor, "RiskRegistered", said)
    return risk


@transaction.atomic
def change_risk(organization: Organization, risk_id: UUID, spec: Any, actor: Actor) -> RegisteredRisk:
    """Change what the register says of a risk; raises RiskUnknown and what `register_risk` raises."""
    risk = _locked(organization, risk_id)
    before = risk.spec
    _fill(risk, _checked(organization, spec))
    risk.save()
    changed: JsonObject = {
        name: {"from": before.get(name), "to": to} for name, to in risk.spec.items() if before.get(name) != to
    }
    _record(risk, actor, "RiskChanged", {"changed": changed})
    return risk


@transaction.atomic
def review_risk(
    organization: Organization, risk_id: UUID, next_on: date, note: str, actor: Actor, residual: Any = None
) -> RegisteredRisk:
    """Say that somebody looked at a risk, and when it is looked at next; raises RiskUnknown, RiskClosed.

    `residual` is (likelihood, impact) where what is left is judged otherwise than before.
    """
    risk = _locked(organization, risk_id)
    if risk.state == RiskState.CLOSED:
        raise RiskClosed
    spec = {**risk.spec, "review_on": next_on.isoformat()}
    if residual is not None:
        spec |= {"residual_likelihood": residual[0], "residual_impact": residual[1]}
    _fill(risk, checked(spec, RiskSpec, ""))
    risk.reviewed_at, risk.reviewed_by = now(), actor.name
    risk.save()
    about: JsonObject = {"note": note, "next_on": next_on.isoformat(), "residual": risk.residual}
    _record(risk, actor, "RiskReviewed", about)
    return risk


def close_risk(organization: Organization, risk_id: UUID, reason: str, actor: Actor) -> RegisteredRisk:
    """Take a risk off the list of those to watch; it stays on record. Raises RiskUnknown."""
    return _turned(organization, risk_id, RiskState.CLOSED, "RiskClosed", reason, actor)


def reopen_risk(organization: Organization, risk_id: UUID, reason: str, actor: Actor) -> RegisteredRisk:
    """Watch a closed risk again; raises RiskUnknown."""
    return _turned(organization, risk_id, RiskState.OPEN, "RiskReopened", reason, actor)


@transaction.atomic
def _turned(
    organization: Organization, risk_id: UUID, state: RiskState, kind: str, reason: str, actor: Actor
) -> RegisteredRisk:
    risk = _locked(organization, risk_id)
    if risk.state != state:
        risk.state, risk.updated_at = state, now()
        risk.save(update_fields=["state", "updated_at"])
        _record(risk, actor, kind, {"reason": reason})
    return risk


def _locked(organization: Organization, risk_id: UUID) -> RegisteredRisk:
    risk = RegisteredRisk.objects.select_for_update().filter(organization=organization, pk=risk_id).first()
    if risk is None:
        raise RiskUnknown(name=risk_id)
    return risk


def _checked(organization: Organization, spec: Any) -> RiskSpec:
    said = checked(spec, RiskSpec, "")
    if not members(organization).filter(user__username=said.owner).exists():
        sentence = OwnerUnknown(name=said.owner)
        raise OwnerUnknown(name=said.owner, errors=[FieldError("/owner", str(sentence))])
    # A workflow lies on the same floor: what it is called is taken at its word, and shown if it is there.
    if (
        said.about_kind == "agent"
        and not Agent.objects.filter(organization=organization, name=said.about_name).exists()
    ):
        sentence_about = AboutUnknown(kind="agent", name=said.about_name)
        errors = [FieldError("/about_name", str(sentence_about))]
        raise AboutUnknown(kind="agent", name=said.about_name, errors=errors)
    return said


def _fill(risk: RegisteredRisk, said: RiskSpec) -> None:
    risk.spec = said.model_dump(mode="json")
    risk.about_kind, risk.about_name = said.about_kind, said.about_name
    risk.title, risk.owner, risk.review_on = said.title, said.owner, said.review_on
    risk.residual = said.residual_likelihood * said.residual_impact
    risk.updated_at = now()


def _record(risk: RegisteredRisk, actor: Actor, kind: str, data: JsonObject) -> None:
    about = {"title": risk.title, "about": f"{risk.about_kind}:{risk.about_name}".rstrip(":"), **data}
    append(risk.organization_id, STREAM, actor, [Entry(kind, about, object=f"risk:{risk.pk}")])
    ring(risk.organization_id, "risk")
