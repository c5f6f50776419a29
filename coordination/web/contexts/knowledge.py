"""Knowledge bases: the list, one with its sources and documents, one document and who used it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.memory.models import Document, KnowledgeBase, KnowledgeSource, Passage, SourceKind, SourceStatus
from coordination.memory.results import Hit
from coordination.memory.selectors import Reader
from coordination.runs.models import Run
from coordination.web.contexts.parts import Choice, Pager, Problem, strip_of
from coordination.web.contexts.status import Status
from coordination.web.forms.manifest import Filled
from coordination.web.forms.schema import Field

SOURCES = {
    SourceStatus.QUEUED: Status("queued", "idle", "waiting", "Queued"),
    SourceStatus.INDEXING: Status("indexing", "run", "running", "Being indexed"),
    SourceStatus.READY: Status("ready", "ok", "done", "Ready"),
    SourceStatus.FAILED: Status("failed", "bad", "failed", "Failed"),
}
FOUND = Status("found", "ok", "done", "Found")
TAINTED = Status("tainted", "wait", "alert", "Not vouched for")
HELD = Status("held", "bad", "stopped", "In quarantine")
EVERY = {"": None, "every hour": 3_600, "every day": 86_400, "every week": 604_800}


def tabs(here: str) -> list[Choice]:
    """Return the parts of the room."""
    return strip_of(
        [
            ("knowledge", "Knowledge bases", reverse("knowledge")),
            ("memory", "Memory", reverse("memory")),
            ("rollback", "Take back", reverse("memory-rollback")),
        ],
        here,
    )


def state_of(document: Document) -> Status:
    """Return how a document stands."""
    return HELD if document.quarantined_at else TAINTED if document.taint else FOUND


@dataclass(frozen=True, slots=True)
class BaseRow:
    """One knowledge base in the list; counts come with the row."""

    base: KnowledgeBase
    link: str
    n_documents: int
    n_sources: int
    n_quarantined: int
    readers: str

    @classmethod
    def of(cls, base: KnowledgeBase) -> "BaseRow":
        """Return the row."""
        counted = {name: getattr(base, name) for name in ("n_documents", "n_sources", "n_quarantined")}
        return cls(base, reverse("knowledge-base", args=[base.name]), readers=readers_said(base), **counted)


@dataclass(frozen=True, slots=True)
class KnowledgePage:
    """The list of knowledge bases, and the form for a new one."""

    rows: list[BaseRow]
    pager: Pager
    tabs: list[Choice]
    here: str
    fields: Mapping[str, Field]
    problems: list[Problem]
    may_edit: bool

    @classmethod
    def of(
        cls, bases: Iterable[KnowledgeBase], pager: Pager, filled: Filled, membership: Membership, here: str
    ) -> "KnowledgePage":
        """Compute the list for one member."""
        rows = [BaseRow.of(base) for base in bases]
        edits = may(membership, Right.MEMORY_EDIT)
        return cls(rows, pager, tabs("knowledge"), here, filled.fields, filled.problems, edits)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One file or page."""

    source: KnowledgeSource
    status: Status
    percent: int
    size: str
    is_page: bool

    @classmethod
    def of(cls, source: KnowledgeSource) -> "SourceRow":
        """Return the row."""
        size = f"{max(1, round(source.size / 1e3)):,} kB" if source.size else ""
        status = SOURCES[SourceStatus(source.status)]
        return cls(source, status, round(100 * source.share), size, source.kind == SourceKind.PAGE)


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One document in a list."""

    document: Document
    title: str
    link: str
    status: Status

    @classmethod
    def of(cls, document: Document, base: KnowledgeBase) -> "DocumentRow":
        """Return the row."""
        link = reverse("knowledge-document", args=[base.name, document.pk])
        return cls(document, document.title or document.label or document.key, link, state_of(document))


@dataclass(frozen=True, slots=True)
class HitRow:
    """One answer of a search, with where it can be looked up."""

    hit: Hit
    link: str


@dataclass(frozen=True, slots=True)
class BasePage:
    """One knowledge base."""

    base: KnowledgeBase
    title: str
    here: str
    readers: str
    query: str
    hits: list[HitRow] | None
    sources: list[SourceRow]
    is_busy: bool
    rows: list[DocumentRow]
    pager: Pager
    chips: list[Choice]
    fields: Mapping[str, Field]
    problems: list[Problem]
    may_edit: bool
    accepts: str = ".txt,.md,.markdown,.html,.htm,.pdf,.csv,.tsv"

    @classmethod
    def of(
        cls,
        base: KnowledgeBase,
        membership: Membership,
        here: str,
        documents: Sequence[Document],
        pager: Pager,
        sources: Sequence[KnowledgeSource],
        filled: Filled,
        *,
        query: str = "",
        hits: Sequence[Hit] | None = None,
        only: str = "",
    ) -> "BasePage":
        """Compute the page for one member."""
        found = None if hits is None else [HitRow(hit, _document_link(base, hit)) for hit in hits]
        address = reverse("knowledge-base", args=[base.name])
        return cls(
            base=base,
            title=base.title or base.name,
            here=here,
            readers=readers_said(base),
            query=query,
            hits=found,
            sources=[SourceRow.of(source) for source in sources],
            is_busy=any(source.is_open for source in sources),
            rows=[DocumentRow.of(document, base) for document in documents],
            pager=pager,
            chips=[
                Choice("All", address, not only),
                Choice("Not vouched for", f"{address}?only=tainted", only == "tainted"),
                Choice("In quarantine", f"{address}?only=held", only == "held"),
            ],
            fields=filled.fields,
            problems=filled.problems,
            may_edit=may(membership, Right.MEMORY_EDIT),
        )


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """One run that was given something."""

    reader: Reader
    title: str
    link: str
    agents: str


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One document, its passages, and which runs used it."""

    base: KnowledgeBase
    document: Document
    title: str
    status: Status
    citation: str
    passages: list[Passage]
    readers: list[ReaderRow]
    rollback: str
    may_edit: bool

    @classmethod
    def of(
        cls,
        base: KnowledgeBase,
        document: Document,
        passages: Iterable[Passage],
        readers: Sequence[Reader],
        runs: Mapping[object, Run],
        membership: Membership,
    ) -> "DocumentPage":
        """Compute the page for one member."""
        source = document.source
        cited = ", ".join(filter(None, (source.name if source else "", document.place)))
        edits = may(membership, Right.MEMORY_EDIT)
        return cls(
            base=base,
            document=document,
            title=document.title or document.label or document.key,
            status=state_of(document),
            citation=cited or "a manifest",
            passages=list(passages),
            readers=reader_rows(readers, runs),
            rollback=f"{reverse('memory-rollback')}?used={document.pk}" if readers and edits else "",
            may_edit=edits,
        )


@dataclass(frozen=True, slots=True)
class ActPage:
    """What is asked once more before it is done; a form of its own needs no script."""

    title: str
    what: str
    explanation: str
    back: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """Who may read a knowledge base, and which pages it may read."""

    base: KnowledgeBase
    title: str
    fields: Mapping[str, Field]
    problems: list[Problem]


def reader_rows(readers: Iterable[Reader], runs: Mapping[object, Run]) -> list[ReaderRow]:
    """Return the runs that used something, by their titles."""
    rows = []
    for reader in readers:
        run = runs.get(reader.run_id)
        title = run.title if run else "a run that is gone"
        link = reverse("run", args=[reader.run_id]) if run else ""
        rows.append(ReaderRow(reader, title, link, ", ".join(reader.agents)))
    return rows


def readers_said(base: KnowledgeBase) -> str:
    """Say who may read a knowledge base."""
    agents = ", ".join(base.agent_roles) or "every agent's role"
    people = ", ".join(base.people_roles) or "everyone"
    return f"{people}; {agents}" if base.agent_roles or base.people_roles else "everyone"


def _document_link(base: KnowledgeBase, hit: Hit) -> str:
    return reverse("knowledge-document", args=[base.name, hit.document_id])
