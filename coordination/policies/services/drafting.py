"""Write a policy down: every change is a new draft, and nothing broken gets in."""

from typing import Any

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.engine.manifest import Manifest, Metadata, Problem
from coordination.engine.proof.canonical import digest_of
from coordination.policies.errors import DraftChanged
from coordination.policies.manifest import PolicySpec, problems_of
from coordination.policies.models import Policy, PolicyVersion, VersionStatus
from coordination.policies.services.changing import ask_about_change
from coordination.policies.services.records import record
from coordination.shared.clock import now
from coordination.shared.manifests import refuse

# What is over is over: saying the same again is a new draft.
_OVER = (VersionStatus.SUPERSEDED, VersionStatus.ROLLED_BACK, VersionStatus.REJECTED)


def validate(spec: Any) -> list[Problem]:
    """Return everything that is wrong with a policy's spec: its shape, its conditions and its sentences."""
    return problems_of(spec)


@transaction.atomic
def save_draft(
    organization: Organization, manifest: Manifest, actor: Actor, *, base: int | None = None, note: str = ""
) -> PolicyVersion:
    """Keep the manifest as the next version; raises ManifestInvalid with every mistake, DraftChanged.

    `base` is the newest version that the author saw, 0 when there was none: who saved in between is not overwritten.
    Saying the same again makes no new version while the newest one is not over.
    """
    found = problems_of(manifest.spec)
    if found:
        raise refuse(found)
    policy, is_redescribed = _open(organization, manifest, base)
    newest = policy.versions.first()
    digest = digest_of(said(manifest.spec))
    if newest is not None and newest.digest == digest and newest.status not in _OVER:
        if is_redescribed:
            record("PolicyDescribed", newest, actor, metadata=manifest.metadata.model_dump(mode="json"))
        return newest
    return keep(policy, manifest.spec, actor, based_on=newest, note=note)


@transaction.atomic
def draft_from(
    policy: Policy, spec: Any, actor: Actor, *, source: PolicyVersion, base: int | None, note: str
) -> PolicyVersion:
    """Keep what was made of an earlier version's spec as the next version; raises ManifestInvalid, DraftChanged."""
    found = problems_of(spec)
    if found:
        raise refuse(found)
    about = Metadata(name=policy.name, title=policy.title, description=policy.description, labels=policy.labels)
    policy, _ = _open(policy.organization, Manifest(kind="Policy", metadata=about, spec=spec), base)
    return keep(policy, spec, actor, based_on=source, note=note)


def keep(policy: Policy, spec: Any, actor: Actor, *, based_on: PolicyVersion | None, note: str) -> PolicyVersion:
    """Write the next version of a locked policy."""
    newest = policy.versions.first()
    kept = said(spec)
    ask_about_change(policy.organization, actor, "policy", "draft", policy.name, kept)
    version = policy.versions.create(
        number=newest.number + 1 if newest else 1,
        spec=kept,
        digest=digest_of(kept),
        created_by=actor.name,
        based_on=based_on.number if based_on else None,
        note=note[:500],
        status_at=now(),
    )
    record("PolicySaved", version, actor, note=note[:500])
    return version


def said(spec: Any) -> dict[str, Any]:
    """Return a valid spec as versions keep it."""
    return PolicySpec.model_validate(spec).model_dump(mode="json", exclude_none=True)


def _open(organization: Organization, manifest: Manifest, base: int | None) -> tuple[Policy, bool]:
    """Return the locked policy with the manifest's title, description and labels, and whether these are new."""
    says = {
        "title": manifest.metadata.title,
        "description": manifest.metadata.description,
        "labels": manifest.metadata.labels,
    }
    name = manifest.metadata.name
    Policy.objects.get_or_create(organization=organization, name=name, defaults=says)
    policy = Policy.objects.select_for_update().get(organization=organization, name=name)
    newest = policy.versions.first()
    if base is not None and base != (newest.number if newest else 0):
        raise DraftChanged(
            name=name,
            by=newest.created_by if newest else "nobody",
            seen=base,
            current=newest.number if newest else 0,
        )
    is_redescribed = any(getattr(policy, field) != value for field, value in says.items())
    if is_redescribed:
        for field, value in says.items():
            setattr(policy, field, value)
        policy.save(update_fields=[*says, "updated_at"])
    return policy, is_redescribed
