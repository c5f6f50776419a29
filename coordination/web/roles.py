"""Roles of agents: the list, one role, and its form."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.agents.models import Role
from coordination.agents.selectors import agents, role_named, roles
from coordination.agents.services import save_role
from coordination.manifests.checking import check
from coordination.policies.services import ask_about_change
from coordination.shared.errors import FieldError
from coordination.shared.manifests import ManifestInvalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.agents import RolePage, RolesPage, tabs
from coordination.web.contexts.forms import FormPage
from coordination.web.contexts.versions import SHOWN, views_of
from coordination.web.forms.agents import ROLE_FIELDS, role_in, typed_of_role
from coordination.web.forms.manifest import Filled
from coordination.web.paging import numbered

TAKEN = "there is a role of this name already"
BLANK = {"authority": "1", "reads": "public"}


@require_safe
@require(Right.READ)
def role_list(request: MemberRequest) -> HttpResponse:
    """List roles by name."""
    rows, pager = numbered(roles(request.membership.organization), request)
    page = RolesPage(rows, pager, tabs("roles"), may(request.membership, Right.AGENT_EDIT))
    return fragments.render(request, "roles/list.html", page)


@require_safe
@require(Right.READ)
def role_detail(request: MemberRequest, name: str) -> HttpResponse:
    """Show one role and who plays it."""
    role = role_named(request.membership.organization, name)
    page = RolePage(
        role,
        list(agents(request.membership.organization).filter(role_name=name)),
        views_of(list(role.versions.order_by("-number")[: SHOWN + 1])),
        may(request.membership, Right.AGENT_EDIT),
    )
    return fragments.render(request, "roles/detail.html", page)


@require(Right.AGENT_EDIT)
def new_role(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and make a role of it."""
    return _form(request, None)


@require(Right.AGENT_EDIT)
def edit_role(request: MemberRequest, name: str) -> HttpResponse:
    """Offer a role's form, and save it as its next version."""
    return _form(request, role_named(request.membership.organization, name))


def _form(request: MemberRequest, role: Role | None) -> HttpResponse:
    if request.method != "POST":
        return _page(request, role, typed_of_role(role) if role else BLANK)
    typed = request.POST.dict() | ({"name": role.name} if role else {})
    if role is None and roles(request.membership.organization).filter(name=typed.get("name", "").strip()).exists():
        return _page(request, role, typed, [FieldError("/metadata/name", TAKEN)])
    try:
        manifest = check(role_in(typed, role.labels if role else {}))
        actor, organization = Actor.of(request.membership), request.membership.organization
        ask_about_change(organization, actor, "role", "save", manifest.metadata.name, manifest.spec)
        saved = save_role(organization, manifest, actor)
    except ManifestInvalid as error:
        return _page(request, role, typed, error.errors)
    messages.success(request, f"Saved as version {saved.version}; its agents' limits follow.")
    return redirect("role", saved.name)


def _page(
    request: MemberRequest, role: Role | None, typed: Mapping[str, str], errors: list[FieldError] | None = None
) -> HttpResponse:
    filled = Filled.of(ROLE_FIELDS, typed, errors or ())
    if role:
        page = FormPage.of(filled, reverse("role", args=[role.name]), role.name, role.version)
    else:
        page = FormPage.of(filled, reverse("roles"))
    return fragments.render(request, "roles/form.html", page, status=422 if errors else 200)
