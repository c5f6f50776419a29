"""What is done to a file, a page or a document of a knowledge base, asked once more before it is done."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.memory import selectors, services
from coordination.memory.models import Document, KnowledgeBase, KnowledgeSource
from coordination.shared.errors import NotFound
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.knowledge import ActPage

_HOLD = "From now on nothing finds it or learns from it. What runs were given before stays on record."
_FREE = "Agents find it again. Say that you have read it."
ON_SOURCE = {
    "reindex": ("Read again", "It is read anew, and only what changed is indexed again."),
    "quarantine": ("Quarantine", _HOLD),
    "release": ("Release", _FREE),
    "remove": ("Remove", "It and everything that was made of it is forgotten. Which runs used it stays on record."),
}
ON_DOCUMENT = {"quarantine": ("Quarantine", _HOLD), "release": ("Release", _FREE)}
_BAD = ("quarantine", "remove")
DONE = {"reindex": "It is read again.", "quarantine": "In quarantine.", "release": "Released.", "remove": "Removed."}


@require(Right.MEMORY_EDIT)
def turn_source(request: MemberRequest, name: str, source_id: UUID, act: str) -> HttpResponse:
    """Read a file or page again, quarantine it, release it or remove it."""
    base = selectors.knowledge_base_for(request.membership, name)
    source = selectors.source(base, source_id)
    back = reverse("knowledge-base", args=[base.name])
    return _turn(request, ON_SOURCE, act, source.name, back, lambda reason: _on_source(request, source, act, reason))


@require(Right.MEMORY_EDIT)
def turn_document(request: MemberRequest, name: str, document_id: UUID, act: str) -> HttpResponse:
    """Quarantine a document, or release it."""
    base = selectors.knowledge_base_for(request.membership, name)
    document = selectors.document(base, document_id)
    back = reverse("knowledge-document", args=[base.name, document.pk])
    what = document.title or document.key
    return _turn(
        request, ON_DOCUMENT, act, what, back, lambda reason: _on_document(request, base, document, act, reason)
    )


def _turn(
    request: MemberRequest,
    known: dict[str, tuple[str, str]],
    act: str,
    what: str,
    back: str,
    perform: Callable[[str], None],
) -> HttpResponse:
    if act not in known:
        raise NotFound(kind="act", name=act)
    if request.method != "POST":
        title, explanation = known[act]
        page = ActPage(title, what, explanation, back, act in _BAD)
        return fragments.render(request, "knowledge/turn.html", page)
    perform(request.POST.get("reason", "").strip()[:500])
    messages.success(request, DONE[act])
    return redirect(back)


def _on_source(request: MemberRequest, source: KnowledgeSource, act: str, reason: str) -> None:
    actor = Actor.of(request.membership)
    if act == "reindex":
        services.reindex(source, actor)
    elif act == "quarantine":
        services.quarantine_source(source, reason, actor)
    elif act == "release":
        services.release_source(source, reason, actor)
    else:
        services.remove_source(source, actor)


def _on_document(request: MemberRequest, base: KnowledgeBase, document: Document, act: str, reason: str) -> None:
    act_on = services.quarantine_documents if act == "quarantine" else services.release_documents
    act_on(base, [document.pk], reason, Actor.of(request.membership))
