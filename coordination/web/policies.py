"""Policies: the list, one version's page, and the form of what a policy is."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.engine.manifest import Manifest
from coordination.policies import services
from coordination.policies.errors import DraftChanged
from coordination.policies.selectors import policies, policy_named
from coordination.policies.selectors.activity import fired_by_day, newest_versions, open_reviews
from coordination.policies.selectors.lifecycle import practice_of
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject
from coordination.web import fragments, policy_page
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.policies import PoliciesPage
from coordination.web.contexts.policy_form import PolicyFormPage
from coordination.web.forms.policies import about_in, about_of, errors_about, manifest_of
from coordination.web.forms.policy_rule import RuleTyped
from coordination.web.paging import numbered
from coordination.web.policy_address import address
from coordination.web.policy_rules import editor_of

TAKEN = "there is a policy of this name already; edit that one, or take another name"


@require_safe
@require(Right.READ)
def policy_list(request: MemberRequest) -> HttpResponse:
    """List policies by name, with what each did lately."""
    organization = request.membership.organization
    rows, pager = numbered(policies(organization), request)
    page = PoliciesPage.of(
        rows,
        pager,
        request.membership,
        request.get_full_path(),
        newest=newest_versions(rows),
        fired=fired_by_day(organization),
        reviews=open_reviews(organization),
        practice=practice_of(organization),
    )
    return fragments.render(request, "policies/list.html", page, parts=("policies",))


@require_safe
@require(Right.READ)
def policy_detail(request: MemberRequest, name: str) -> HttpResponse:
    """Show one version, the newest unless the address names another."""
    policy = policy_named(request.membership.organization, name)
    return policy_page.show(request, policy, policy_page.asked_version(policy, request.GET.get("version", "")))


@require(Right.POLICY_EDIT)
def new_policy(request: MemberRequest) -> HttpResponse:
    """Offer an empty form with one rule, and save what it says as a draft."""
    organization = request.membership.organization
    if request.method != "POST":
        editor = editor_of(request, RuleTyped())
        return fragments.render(request, "policies/form.html", PolicyFormPage.of(about_in({}), editor=editor))
    posted, act = request.POST.dict(), request.POST.get("act", "")
    about, rule = about_in(posted), RuleTyped.of(posted)
    if act not in ("check", "save"):
        editor = editor_of(request, rule)
        if fragments.is_fragment(request):
            return fragments.render(request, "policies/rule_edit.html", editor, parts=("rule",))
        return fragments.render(request, "policies/form.html", PolicyFormPage.of(about, editor=editor))
    value = manifest_of(about, [rule.spec({})], {})
    editor, errors = editor_of(request, rule, is_checked=True), errors_about(value)
    if policies(organization).filter(name=about["name"]).exists():
        errors.append(FieldError("/metadata/name", TAKEN))
    errors += [one for one in _problems(value) if not one.pointer.startswith("/spec/rules/0")]
    if act == "save" and not errors and not editor.problems:
        manifest, actor = Manifest.model_validate(value), Actor.of(request.membership)
        version = services.save_draft(organization, manifest, actor, base=0)
        messages.success(request, f"Saved as draft, version {version.number}. It holds once it is enforced.")
        return redirect(address(version))
    page = PolicyFormPage.of(about, errors, editor=editor, is_checked=True)
    return fragments.render(request, "policies/form.html", page, status=422 if page.problems else 200)


@require(Right.POLICY_EDIT)
def edit_policy(request: MemberRequest, name: str) -> HttpResponse:
    """Offer what the policy is, and save it with the newest version's rules as the next draft."""
    policy = policy_named(request.membership.organization, name)
    newest = policy_page.newest_of(policy)
    if request.method != "POST":
        page = PolicyFormPage.of(about_of(policy, newest.spec), name=name, base=newest.number)
        return fragments.render(request, "policies/form.html", page)
    about = about_in(request.POST.dict()) | {"name": name}
    value = manifest_of(about, newest.spec["rules"], policy.labels)
    errors = [*errors_about(value), *_problems(value)]
    if not errors:
        try:
            return _kept(request, value)
        except DraftChanged as error:
            errors = [FieldError("", str(error))]
    page = PolicyFormPage.of(about, errors, name=name, base=newest.number, is_checked=True)
    return fragments.render(request, "policies/form.html", page, status=422)


def _kept(request: MemberRequest, value: JsonObject) -> HttpResponse:
    version = services.save_draft(
        request.membership.organization,
        Manifest.model_validate(value),
        Actor.of(request.membership),
        base=base_in(request),
        note=request.POST.get("note", ""),
    )
    messages.success(request, f"Saved; the newest version is {version.number}.")
    return redirect(address(version))


def base_in(request: MemberRequest) -> int | None:
    """Return the version that the author of a form has seen."""
    base = request.POST.get("base", "")
    return int(base) if base.isdecimal() and len(base) < 10 else None


def _problems(value: JsonObject) -> list[FieldError]:
    found = services.validate(value["spec"])
    return [FieldError(one.pointer, one.message, one.suggestion, one.line, one.column) for one in found]
