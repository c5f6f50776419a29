"""Write a policy down: every change is a new draft, and nothing broken gets in."""

from typing import Any

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.engine.manifest import Manifest, Problem
from coordination.engine.proof.canonical import digest_of
from coordination.policies.manifest import PolicySpec, problems_of
from coordination.policies.models import Policy, PolicyVersion, VersionStatus
from coordination.policies.services.records import record
from coordination.shared.manifests import refuse


def validate(spec: Any) -> list[Problem]:
    """Return everything that is wrong with a policy's spec: its shape, its conditions and its sentences."""
    return problems_of(spec)


@transaction.atomic
def save_draft(organization: Organization, manifest: Manifest, actor: Actor) -> PolicyVersion:
    """Keep the manifest as the next version; raises ManifestInvalid with every mistake.

    Saying the same again makes no new version while the newest one is a draft or in force.
    """
    found = problems_of(manifest.spec)
    if found:
        raise refuse(found)
    spec = PolicySpec.model_validate(manifest.spec).model_dump(mode="json", exclude_none=True)
    policy, is_redescribed = _open(organization, manifest)
    newest = policy.versions.first()
    digest = digest_of(spec)
    if newest is not None and newest.digest == digest and newest.status != VersionStatus.SUPERSEDED:
        if is_redescribed:
            record("PolicyDescribed", newest, actor, metadata=manifest.metadata.model_dump(mode="json"))
        return newest
    version = policy.versions.create(
        number=newest.number + 1 if newest else 1,
        spec=spec,
        digest=digest,
        created_by=actor.name,
        status=VersionStatus.DRAFT,
    )
    record("PolicySaved", version, actor)
    return version


def _open(organization: Organization, manifest: Manifest) -> tuple[Policy, bool]:
    """Return the locked policy with the manifest's title, description and labels, and whether these are new."""
    says = {
        "title": manifest.metadata.title,
        "description": manifest.metadata.description,
        "labels": manifest.metadata.labels,
    }
    name = manifest.metadata.name
    Policy.objects.get_or_create(organization=organization, name=name, defaults=says)
    policy = Policy.objects.select_for_update().get(organization=organization, name=name)
    is_redescribed = any(getattr(policy, field) != value for field, value in says.items())
    if is_redescribed:
        for field, value in says.items():
            setattr(policy, field, value)
        policy.save(update_fields=[*says, "updated_at"])
    return policy, is_redescribed
