"""The library of policies: what there is, one of them, and taking it as a draft."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.policies.errors import PolicyNameTaken
from coordination.policies.frameworks import FRAMEWORKS
from coordination.policies.library import TOPICS, entries, entry_named
from coordination.policies.selectors.library import taken_from_library
from coordination.policies.services.installing import install
from coordination.shared.errors import FieldError
from coordination.shared.manifests import ManifestInvalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.policy_library import LibraryPage, LibraryPolicyPage


@require_safe
@require(Right.READ)
def library(request: MemberRequest) -> HttpResponse:
    """List the policies that come with the product, topic by topic."""
    topic, framework = (request.GET.get(name, "") for name in ("topic", "framework"))
    topic, framework = topic if topic in TOPICS else "", framework if framework in FRAMEWORKS else ""
    found, taken = entries(topic, framework), taken_from_library(request.membership.organization)
    page = LibraryPage.of(found, taken, topic, framework, request.get_full_path())
    return fragments.render(request, "policies/library.html", page, parts=("library",))


@require_safe
@require(Right.READ)
def library_policy(request: MemberRequest, entry: str) -> HttpResponse:
    """Show one: its rules, its tests with what comes of them, and what it supports."""
    return _page(request, entry)


@require_POST
@require(Right.POLICY_EDIT)
def install_policy(request: MemberRequest, entry: str) -> HttpResponse:
    """Take it as a draft."""
    typed = {name: request.POST.get(name, "").strip() for name in ("name", "owner")}
    try:
        version = install(request.membership.organization, entry, Actor.of(request.membership), **typed)
    except ManifestInvalid as error:
        return _page(request, entry, typed, error.errors)
    except PolicyNameTaken as error:
        return _page(request, entry, typed, [FieldError("/metadata/name", str(error))])
    messages.success(request, "Taken as a draft. Change what you like; it holds for nobody until it is published.")
    return redirect(f"{reverse('policy', args=[version.policy.name])}?version={version.number}")


def _page(
    request: MemberRequest, entry: str, typed: dict[str, str] | None = None, errors: list[FieldError] | None = None
) -> HttpResponse:
    found = entry_named(entry)
    taken = taken_from_library(request.membership.organization).get(entry, [])
    page = LibraryPolicyPage.of(found, taken, request.membership, typed or {"name": found.name}, errors or [])
    return fragments.render(request, "policies/library_policy.html", page, status=422 if errors else 200)
