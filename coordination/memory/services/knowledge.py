"""Make, change and forget knowledge bases."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.engine.duration import seconds
from coordination.engine.manifest import Manifest
from coordination.engine.proof.canonical import digest_of
from coordination.memory.manifest import KnowledgeBaseSpec
from coordination.memory.models import KnowledgeBase, SourceKind
from coordination.memory.selectors import documents, knowledge_base_named
from coordination.memory.services.documents import count, discard, put_documents
from coordination.memory.services.records import STREAM, record_base
from coordination.memory.services.sources import add_page, remove_source
from coordination.shared.json import Json
from coordination.shared.live import ring
from coordination.shared.manifests import checked


@transaction.atomic
def save_knowledge_base(organization: Organization, manifest: Manifest, actor: Actor) -> KnowledgeBase:
    """Make or change a knowledge base; the documents a manifest lists replace those of its earlier manifests."""
    spec = checked(manifest.spec, KnowledgeBaseSpec)
    meta = manifest.metadata
    found = KnowledgeBase.objects.select_for_update().filter(organization=organization, name=meta.name).first()
    base = found or KnowledgeBase(organization=organization, name=meta.name)
    says = {
        "title": meta.title,
        "description": meta.description,
        "labels": meta.labels,
        "classification": spec.classification,
        "agent_roles": spec.readers.agents,
        "people_roles": list(spec.readers.people),
        "sites": spec.sites,
    }
    renamed = any(getattr(base, name) != value for name, value in says.items())
    for name, value in says.items():
        setattr(base, name, value)
    base.save()
    contents = list(spec.contents())
    changed = put_documents(base, contents)
    if contents:
        kept = [document.key for document in contents]
        changed += discard(base, documents(base).exclude(key__in=kept).values_list("key", flat=True))
    pages = _set_pages(base, spec, actor)
    if renamed or changed or pages or found is None:
        told: dict[str, Json] = {"revision": base.revision, "documents_changed": changed}
        told["digest"] = digest_of(spec.model_dump(mode="json"))
        record_base(base, "KnowledgeBaseSaved", actor, **told)
    return base


@transaction.atomic
def set_reading(
    base: KnowledgeBase, actor: Actor, *, classification: str, agents: list[str], people: list[str], sites: list[str]
) -> KnowledgeBase:
    """Set who may read a knowledge base and which pages it may read; raises ManifestInvalid."""
    readers: Json = {"agents": [*agents], "people": [*people]}
    said: dict[str, Json] = {"classification": classification, "readers": readers, "sites": [*sites]}
    spec = checked(said, KnowledgeBaseSpec)
    base.classification, base.sites = spec.classification, spec.sites
    base.agent_roles, base.people_roles = spec.readers.agents, list(spec.readers.people)
    base.save(update_fields=["classification", "sites", "agent_roles", "people_roles", "updated_at"])
    count(base)
    told: dict[str, Json] = {"revision": base.revision, "reading": said, "digest": digest_of(said)}
    record_base(base, "KnowledgeBaseSaved", actor, **told)
    return base


@transaction.atomic
def remove_knowledge_base(organization: Organization, name: str, actor: Actor) -> None:
    """Forget a knowledge base, its sources and its documents; raises KnowledgeBaseUnknown."""
    base = knowledge_base_named(organization, name)
    entry = Entry("KnowledgeBaseRemoved", {"revision": base.revision}, object=f"knowledge-base:{name}")
    base.delete()
    append(organization.id, STREAM, actor, [entry])
    ring(organization.id, "memory")


def _set_pages(base: KnowledgeBase, spec: KnowledgeBaseSpec, actor: Actor) -> int:
    """Add the pages that a manifest lists, and remove those that it lists no more."""
    if not spec.pages:
        return 0
    wanted = {page.url: page for page in spec.pages}
    present = {page.name: page for page in base.sources.filter(kind=SourceKind.PAGE)}
    changed = 0
    for url, page in wanted.items():
        every_s = int(seconds(page.every)) if page.every else None
        known = present.get(url)
        if known is None or (known.every_s, known.is_trusted) != (every_s, page.trusted):
            add_page(base, url, actor, every_s=every_s, is_trusted=page.trusted)
            changed += 1
    for gone in present.keys() - wanted.keys():
        remove_source(present[gone], actor)
        changed += 1
    return changed
