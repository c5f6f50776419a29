"""Policies: the list, one version, the form, and what puts rules in force and takes them back."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.engine.manifest import Manifest
from coordination.policies import services
from coordination.policies.errors import NotEnforced, VersionUnknown
from coordination.policies.models import Policy, PolicyVersion
from coordination.policies.selectors import decisions, fired_by_rule, policies, policy_named, version_of, versions_of
from coordination.shared.errors import Conflict, FieldError
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.policies import PoliciesPage, PolicyPage
from coordination.web.contexts.policy_form import PolicyFormPage
from coordination.web.contexts.versions import SHOWN
from coordination.web.forms.policies import PolicyTyped, RuleRow
from coordination.web.paging import numbered

LATELY = 8
TAKEN = "there is a policy of this name already; edit that one, or take another name"


@require_safe
@require(Right.READ)
def policy_list(request: MemberRequest) -> HttpResponse:
    """List policies by name."""
    rows, pager = numbered(policies(request.membership.organization), request)
    page = PoliciesPage.of(rows, pager, request.membership, request.get_full_path())
    return fragments.render(request, "policies/list.html", page, parts=("policies",))


@require_safe
@require(Right.READ)
def policy_detail(request: MemberRequest, name: str) -> HttpResponse:
    """Show one version, the newest unless the address names another."""
    organization = request.membership.organization
    policy = policy_named(organization, name)
    page = PolicyPage.of(
        policy,
        _asked(policy, request.GET.get("version", "")),
        fired_by_rule(policy),
        list(decisions(organization, policy=name)[:LATELY]),
        list(versions_of(policy)[: SHOWN + 1]),
        request.membership,
    )
    return fragments.render(request, "policies/detail.html", page, parts=("policy",))


@require(Right.POLICY_EDIT)
def new_policy(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and save what it says as a draft."""
    return _form(request, None)


@require(Right.POLICY_EDIT)
def edit_policy(request: MemberRequest, name: str) -> HttpResponse:
    """Offer the newest version's form, and save what it says as the next draft."""
    return _form(request, policy_named(request.membership.organization, name))


@require_POST
@require(Right.POLICY_EDIT)
def publish_policy(request: MemberRequest, name: str) -> HttpResponse:
    """Enforce a draft."""
    return _bring(request, name, services.publish, "Version {} is enforced from the next decision on.")


@require_POST
@require(Right.POLICY_EDIT)
def rollback_policy(request: MemberRequest, name: str) -> HttpResponse:
    """Enforce what an older version said."""
    return _bring(request, name, services.rollback, "Version {} is enforced: it says what the older one said.")


@require(Right.POLICY_EDIT)
def disable_policy(request: MemberRequest, name: str) -> HttpResponse:
    """Take a policy out of force; asking first is a page of its own, so that it needs no script."""
    policy = policy_named(request.membership.organization, name)
    if request.method != "POST":
        return fragments.render(request, "policies/disable.html", {"policy": policy})
    try:
        services.disable(policy, Actor.of(request.membership))
        messages.success(request, "Not enforced any more: what it forbade is decided by the other policies.")
    except NotEnforced as error:
        messages.error(request, str(error))
    return redirect("policy", name)


def _form(request: MemberRequest, policy: Policy | None) -> HttpResponse:
    name = policy.name if policy else ""
    if request.method != "POST":
        typed = PolicyTyped.of_policy(policy, _asked(policy, "").spec) if policy else _blank()
        return fragments.render(request, "policies/form.html", PolicyFormPage.of(typed, name=name))
    typed = PolicyTyped.of(request.POST.dict())
    typed.about["name"] = name or typed.about["name"]
    act = request.POST.get("act", "check")
    if act not in ("check", "save"):
        typed.change(act)
        return fragments.render(request, "policies/form.html", PolicyFormPage.of(typed, name=name), parts=("rules",))
    value = typed.manifest(policy.labels if policy else {})
    errors = typed.errors(value)
    if policy is None and policies(request.membership.organization).filter(name=typed.about["name"].strip()).exists():
        errors.append(FieldError("/metadata/name", TAKEN))
    if act == "save" and not errors:
        manifest = Manifest.model_validate(value)
        version = services.save_draft(request.membership.organization, manifest, Actor.of(request.membership))
        messages.success(request, f"Saved as draft, version {version.number}. It holds once it is published.")
        return redirect(_address(version))
    page = PolicyFormPage.of(typed, errors, name, is_checked=True)
    return fragments.render(request, "policies/form.html", page, status=422 if errors else 200)


def _bring(
    request: MemberRequest, name: str, into_force: Callable[[Policy, int, Actor], PolicyVersion], done: str
) -> HttpResponse:
    policy = policy_named(request.membership.organization, name)
    version = _asked(policy, request.POST.get("version", ""))
    try:
        version = into_force(policy, version.number, Actor.of(request.membership))
        messages.success(request, done.format(version.number))
    except Conflict as error:
        messages.error(request, str(error))
    return redirect(_address(version))


def _blank() -> PolicyTyped:
    typed = PolicyTyped.of({})
    typed.rules.append(RuleRow())
    return typed


def _asked(policy: Policy, number: str) -> PolicyVersion:
    """Return the version that an address names, else the newest; raises VersionUnknown."""
    newest = versions_of(policy).first() if not number else None
    if newest is not None:
        return newest
    if not number.isdecimal() or len(number) > 9:
        raise VersionUnknown(name=policy.name, number=number[:20] or "without a number")
    return version_of(policy, int(number))


def _address(version: PolicyVersion) -> str:
    return f"{reverse('policy', args=[version.policy.name])}?version={version.number}"
