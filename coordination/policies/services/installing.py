"""Take a policy from the library: a draft of one's own, which holds for nobody yet."""

from django.db import transaction
from pydantic import ValidationError

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.engine.manifest import Manifest, Metadata, problems
from coordination.policies.errors import DraftChanged, PolicyNameTaken
from coordination.policies.library import LABEL, Entry, entry_named
from coordination.policies.models import PolicyVersion
from coordination.policies.services.drafting import save_draft
from coordination.policies.services.records import record
from coordination.shared.manifests import refuse


@transaction.atomic
def install(organization: Organization, entry: str, actor: Actor, *, name: str = "", owner: str = "") -> PolicyVersion:
    """Keep a policy of the library as a draft, under its own name unless another is given.

    Raises LibraryPolicyUnknown, PolicyNameTaken, ManifestInvalid.
    """
    found = entry_named(entry)
    chosen = name or found.name
    manifest = _manifest(found, chosen, owner)
    try:
        version = save_draft(organization, manifest, actor, base=0, note=f"From the library: {found.title}.")
    except DraftChanged:
        raise PolicyNameTaken(name=chosen) from None
    record("PolicyInstalled", version, actor, library=found.name)
    return version


def _manifest(entry: Entry, name: str, owner: str) -> Manifest:
    about = entry.manifest.metadata
    spec = entry.manifest.spec | ({"owner": owner} if owner else {})
    try:
        metadata = Metadata(
            name=name,
            title=about.title,
            description=about.description,
            labels={**about.labels, LABEL: entry.name},
        )
    except ValidationError as error:
        raise refuse(problems(error, Metadata, "/metadata")) from None
    return Manifest(kind="Policy", metadata=metadata, spec=spec)
