"""Write down what changed about knowledge and memory, and ring for whoever looks at it."""

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.memory.models import KnowledgeBase, KnowledgeSource, MemoryEntry
from coordination.shared.json import Json
from coordination.shared.live import ring

STREAM = "memory"


def record_base(base: KnowledgeBase, kind: str, actor: Actor, **data: Json) -> None:
    """Write down what happened to a knowledge base."""
    append(base.organization_id, STREAM, actor, [Entry(kind, dict(data), object=f"knowledge-base:{base.name}")])
    ring(base.organization_id, "memory", f"knowledge-{base.pk}")


def record_source(source: KnowledgeSource, kind: str, actor: Actor, **data: Json) -> None:
    """Write down what happened to a file or a page."""
    base = source.knowledge_base
    said = {"knowledge_base": base.name, "source": source.name, "kind": source.kind, **data}
    append(base.organization_id, STREAM, actor, [Entry(kind, said, object=f"knowledge-source:{source.pk}")])
    ring_for(source)


def record_memory(
    organization: Organization, kind: str, actor: Actor, entries: list[MemoryEntry], **data: Json
) -> None:
    """Write down what happened to memory entries, a record each; what they say is not repeated."""
    said = [Entry(kind, {**_about(entry), **data}, object=f"memory:{entry.pk}") for entry in entries]
    for stream in dict.fromkeys(map(_stream_of, entries)):
        append(
            organization.pk,
            stream,
            actor,
            [one for one, entry in zip(said, entries, strict=True) if _stream_of(entry) == stream],
        )
    ring(organization.pk, "memory")


def ring_for(source: KnowledgeSource) -> None:
    """Tell whoever looks at its knowledge base."""
    ring(source.organization_id, f"knowledge-{source.knowledge_base_id}")


def _stream_of(entry: MemoryEntry) -> str:
    # Each run has its own, so that runs that remember at once do not wait for each other.
    return f"memory:{entry.run_id or entry.written_in}" if entry.run_id or entry.written_in else STREAM


def _about(entry: MemoryEntry) -> dict[str, Json]:
    told: dict[str, Json] = {
        "namespace": str(entry.namespace),
        "key": entry.key,
        "version": entry.version,
        "writer": entry.writer,
        "classification": entry.classification,
    }
    more = {
        "run": str(entry.run_id) if entry.run_id else "",
        "agent": entry.agent,
        "scope": entry.scope,
        "taint": entry.taint,
    }
    return told | {name: value for name, value in more.items() if value}
