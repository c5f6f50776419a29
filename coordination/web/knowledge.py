"""Knowledge bases: the list, one with its sources and documents, files that are brought, pages that are read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from pydantic import ValidationError

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.accounts.selectors import require as require_right
from coordination.engine.manifest import Manifest, problems
from coordination.memory import selectors, services
from coordination.memory.errors import FileRefused, FileTooLarge, PageRefused, TooManySources
from coordination.memory.models import KnowledgeBase
from coordination.runs.models import Run
from coordination.shared.errors import FieldError
from coordination.shared.manifests import ManifestInvalid, refuse
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.knowledge import EVERY, BasePage, DocumentPage, KnowledgePage, ReadingPage
from coordination.web.forms import knowledge as forms
from coordination.web.forms.manifest import Filled, listed
from coordination.web.paging import newest_first, numbered

MOST_SOURCES = 100
_ONLY: dict[str, dict[str, Any]] = {
    "held": {"quarantined_at__isnull": False},
    "tainted": {"taint__gt": "", "quarantined_at__isnull": True},
}


@require(Right.READ)
def knowledge_list(request: MemberRequest) -> HttpResponse:
    """List knowledge bases by name, and make one of what was typed."""
    if request.method != "POST":
        return _list(request, {"classification": "internal"})
    require_right(request.membership, Right.MEMORY_EDIT)
    typed = request.POST.dict()
    organization = request.membership.organization
    try:
        manifest = forms.manifest_typed(typed)
        if selectors.knowledge_bases(organization).filter(name=manifest.metadata.name).exists():
            return _list(
                request, typed, [FieldError("/metadata/name", "there is a knowledge base of this name already")]
            )
        base = services.save_knowledge_base(organization, manifest, Actor.of(request.membership))
    except ValidationError as error:
        return _list(request, typed, refuse(problems(error, Manifest, "")).errors)
    except ManifestInvalid as error:
        return _list(request, typed, error.errors)
    messages.success(request, "Made. Bring it a file, or a page.")
    return redirect("knowledge-base", base.name)


@require_safe
@require(Right.READ)
def knowledge_base(request: MemberRequest, name: str) -> HttpResponse:
    """Show one knowledge base: what it is made from, what it says about a question, its documents."""
    return _base(request, selectors.knowledge_base_for(request.membership, name), {})


@require_POST
@require(Right.MEMORY_EDIT)
def upload_file(request: MemberRequest, name: str) -> HttpResponse:
    """Take files; a worker indexes them."""
    base = selectors.knowledge_base_for(request.membership, name)
    files = request.FILES.getlist("file")
    if not files:
        return _base(request, base, {}, [FieldError("/file", "Choose a file.")])
    trusted = request.POST.get("trusted") == "on"
    try:
        for file in files:
            services.upload(base, file.name or "", file.chunks(), Actor.of(request.membership), is_trusted=trusted)
    except (FileRefused, FileTooLarge, TooManySources) as error:
        return _base(request, base, {}, [FieldError("/file", str(error))])
    messages.success(request, "Taken. It is found as soon as it is indexed.")
    return redirect("knowledge-base", base.name)


@require_POST
@require(Right.MEMORY_EDIT)
def add_page(request: MemberRequest, name: str) -> HttpResponse:
    """Have a page read, now and again and again."""
    base = selectors.knowledge_base_for(request.membership, name)
    typed = request.POST.dict()
    try:
        services.add_page(
            base,
            typed.get("url", "").strip(),
            Actor.of(request.membership),
            every_s=EVERY.get(typed.get("every", "")),
            is_trusted=typed.get("trusted") == "on",
        )
    except PageRefused as error:
        return _base(request, base, typed, [FieldError("/url", str(error.values["problem"]))])
    except TooManySources as error:
        return _base(request, base, typed, [FieldError("", str(error))])
    messages.success(request, "The page is read as soon as a worker is free.")
    return redirect("knowledge-base", base.name)


@require(Right.MEMORY_EDIT)
def knowledge_reading(request: MemberRequest, name: str) -> HttpResponse:
    """Show and change who may read a knowledge base, and which sites it may read."""
    base = selectors.knowledge_base_for(request.membership, name)
    if request.method != "POST":
        return _reading(request, base, forms.reading_typed(base))
    typed = request.POST.dict()
    said = {part: [str(word) for word in listed(typed.get(part, ""))] for part in ("agents", "people", "sites")}
    try:
        services.set_reading(base, Actor.of(request.membership), classification=typed.get("classification", ""), **said)
    except ManifestInvalid as error:
        return _reading(request, base, typed, error.errors)
    messages.success(request, "Saved. It holds from the next search on.")
    return redirect("knowledge-base", base.name)


@require_safe
@require(Right.READ)
def knowledge_document(request: MemberRequest, name: str, document_id: UUID) -> HttpResponse:
    """Show one document: what it says, where it is from, which runs used it."""
    base = selectors.knowledge_base_for(request.membership, name)
    document = selectors.document(base, document_id)
    readers = selectors.readers_of(base.organization, [document.pk])
    page = DocumentPage.of(
        base,
        document,
        selectors.passages(document)[:200],
        readers,
        runs_of(request, [one.run_id for one in readers]),
        request.membership,
    )
    return fragments.render(request, "knowledge/document.html", page)


def runs_of(request: MemberRequest, run_ids: list[UUID]) -> Mapping[object, Run]:
    """Return the runs with these identifiers that are there."""
    found = Run.objects.filter(organization=request.membership.organization, pk__in=run_ids)
    return {run.pk: run for run in found.only("title")}


def _list(request: MemberRequest, typed: Mapping[str, str], errors: list[FieldError] | None = None) -> HttpResponse:
    bases, pager = numbered(selectors.with_counts(selectors.knowledge_bases_for(request.membership)), request)
    filled = Filled.of(forms.BASE, typed, errors or ())
    page = KnowledgePage.of(bases, pager, filled, request.membership, request.get_full_path())
    return fragments.render(request, "knowledge/list.html", page, parts=("bases",), status=422 if errors else 200)


def _base(
    request: MemberRequest, base: KnowledgeBase, typed: Mapping[str, str], errors: list[FieldError] | None = None
) -> HttpResponse:
    only = request.GET.get("only", "")
    query = request.GET.get("q", "").strip()[:2_000]
    found = selectors.all_documents(base).filter(**_ONLY.get(only, {})).defer("text")
    documents, pager = newest_first(found.order_by(), request)
    page = BasePage.of(
        base,
        request.membership,
        request.get_full_path() if request.method == "GET" else reverse("knowledge-base", args=[base.name]),
        documents,
        pager,
        list(selectors.sources(base)[:MOST_SOURCES]),
        Filled.of(forms.PAGE, typed, errors or ()),
        query=query,
        hits=selectors.search_in(base, query) if query else None,
        only=only,
    )
    parts = ("sources", "documents")
    return fragments.render(request, "knowledge/detail.html", page, parts=parts, status=422 if errors else 200)


def _reading(
    request: MemberRequest, base: KnowledgeBase, typed: Mapping[str, str], errors: list[FieldError] | None = None
) -> HttpResponse:
    filled = Filled.of(forms.READING, typed, errors or ())
    page = ReadingPage(base, base.title or base.name, filled.fields, filled.problems)
    return fragments.render(request, "knowledge/reading.html", page, status=422 if errors else 200)
