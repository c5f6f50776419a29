"""Knowledge bases and their documents, and who may see them."""

from typing import Any
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.manifest import Manifest, Metadata
from coordination.memory.errors import DocumentUnknown, KnowledgeBaseUnknown
from coordination.memory.models import Document, KnowledgeBase, Passage, SourceKind


def knowledge_bases(organization: Organization) -> QuerySet[KnowledgeBase]:
    """Return the organization's knowledge bases by name."""
    return KnowledgeBase.objects.filter(organization=organization).order_by("name")


def knowledge_bases_for(membership: Membership) -> QuerySet[KnowledgeBase]:
    """Return the knowledge bases that a member may read: those for everyone, or for one of their roles."""
    found = knowledge_bases(membership.organization)
    if may(membership, Right.MEMORY_EDIT):
        return found
    return found.filter(Q(people_roles=[]) | Q(people_roles__overlap=list(membership.roles)))


def knowledge_base_named(organization: Organization, name: str) -> KnowledgeBase:
    """Return one knowledge base; raises KnowledgeBaseUnknown."""
    return _named(knowledge_bases(organization), name)


def knowledge_base_for(membership: Membership, name: str) -> KnowledgeBase:
    """Return one knowledge base that a member may read; raises KnowledgeBaseUnknown."""
    return _named(knowledge_bases_for(membership), name)


def with_counts(found: QuerySet[KnowledgeBase]) -> QuerySet[Any]:
    """Add how many documents, sources and documents in quarantine each has."""
    held = Document.objects.filter(knowledge_base=OuterRef("pk"), quarantined_at__isnull=False)
    counted = held.order_by().values("knowledge_base").annotate(n=Count("id")).values("n")
    return found.annotate(
        n_documents=Count("documents", distinct=True),
        n_sources=Count("sources", distinct=True),
        n_quarantined=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
    )


def documents(base: KnowledgeBase) -> QuerySet[Document]:
    """Return the documents that a manifest lists, by key; what sources brought is theirs."""
    return all_documents(base).filter(source__isnull=True)


def all_documents(base: KnowledgeBase) -> QuerySet[Document]:
    """Return the documents of a knowledge base by key."""
    return Document.objects.filter(knowledge_base=base).order_by("key")


def document(base: KnowledgeBase, document_id: UUID) -> Document:
    """Return one document with its source; raises DocumentUnknown."""
    found = all_documents(base).filter(pk=document_id).select_related("source").first()
    if found is None:
        raise DocumentUnknown(document=document_id)
    return found


def passages(found: Document) -> QuerySet[Passage]:
    """Return the passages of a document in their order, without their vectors."""
    return found.passages.order_by("position").defer("embedding", "search")


def manifest_of(base: KnowledgeBase) -> Manifest:
    """Return the manifest that would make this knowledge base again; uploaded files are not part of it."""
    fields = ("key", "title", "text", "label", "links", "classification")
    listed: list[dict[str, Any]] = [
        {name: value for name, value in row.items() if value not in ("", [])} for row in documents(base).values(*fields)
    ]
    spec: dict[str, Any] = {"documents": listed}
    if base.classification != "public":
        spec["classification"] = base.classification
    if base.agent_roles or base.people_roles:
        spec["readers"] = {"agents": base.agent_roles, "people": base.people_roles}
    if base.sites:
        spec["sites"] = base.sites
    pages = [
        {"url": page.name, **({"every": f"{page.every_s}s"} if page.every_s else {})}
        | ({"trusted": True} if page.is_trusted else {})
        for page in base.sources.filter(kind=SourceKind.PAGE).order_by("name")
    ]
    if pages:
        spec["pages"] = pages
    return Manifest(
        kind="KnowledgeBase",
        metadata=Metadata(name=base.name, title=base.title, description=base.description, labels=base.labels),
        spec=spec,
    )


def _named(found: QuerySet[KnowledgeBase], name: str) -> KnowledgeBase:
    base = found.filter(name=name).first()
    if base is None:
        raise KnowledgeBaseUnknown(name=name)
    return base
