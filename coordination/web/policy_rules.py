"""One rule in the editor: its sentence, its rows and its CEL are brought in step with every change."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.engine.manifest import Problem
from coordination.policies import services
from coordination.policies.errors import DraftChanged, RuleUnknown
from coordination.policies.models import Policy, PolicyVersion
from coordination.policies.selectors import policy_named
from coordination.shared.errors import FieldError, Invalid
from coordination.web import fragments, policy_page
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.policy_editor import RuleEditor
from coordination.web.forms.policies import changed
from coordination.web.forms.policy_rule import RuleTyped
from coordination.web.policy_address import address

ONE_RULE = "a policy needs at least one rule; stop enforcing the policy instead"


@require(Right.POLICY_EDIT)
def edit_rule(request: MemberRequest, name: str, key: str) -> HttpResponse:
    """Open one rule of the newest version, and save what was made of it as the next draft."""
    policy = policy_named(request.membership.organization, name)
    newest = policy_page.newest_of(policy)
    rules = newest.spec["rules"]
    at = next((number for number, rule in enumerate(rules) if rule["key"] == key), None)
    if at is None:
        raise RuleUnknown(name=name, rule=key)
    return _edit(request, policy, newest, at, rules[at])


@require(Right.POLICY_EDIT)
def add_rule(request: MemberRequest, name: str) -> HttpResponse:
    """Open an empty rule after those of the newest version, and save it with them as the next draft."""
    policy = policy_named(request.membership.organization, name)
    newest = policy_page.newest_of(policy)
    return _edit(request, policy, newest, len(newest.spec["rules"]), None)


def editor_of(
    request: MemberRequest,
    typed: RuleTyped,
    *,
    before: Mapping[str, Any] | None = None,
    base: int = 0,
    is_checked: bool = False,
    more: list[FieldError] | None = None,
    overtaken: str = "",
) -> RuleEditor:
    """Return the editor of a rule as it stands: its mistakes, or else how often it would have fired."""
    rule = typed.spec(before or {})
    found = [_as_error(one) for one in services.validate({"rules": [rule]})]
    found += [
        FieldError("/spec/rules/0/when", f"condition {at + 1}: {error}")
        for at, error in enumerate(typed.row_errors)
        if error and is_checked
    ]
    fired = ""
    if not found and typed.when.strip():
        organization = request.membership.organization
        fired = services.would_have_fired(organization, rule).sentence
    return RuleEditor.of(
        typed,
        request.path,
        key=before["key"] if before else "",
        base=base,
        errors=[*found, *(more or [])],
        is_checked=is_checked,
        fired=fired,
        overtaken=overtaken,
    )


def _edit(
    request: MemberRequest, policy: Policy, newest: PolicyVersion, at: int, before: Mapping[str, Any] | None
) -> HttpResponse:
    if request.method != "POST":
        typed = RuleTyped.of_rule(before) if before else RuleTyped()
        editor = editor_of(request, typed, before=before, base=newest.number)
        return policy_page.show(request, policy, newest, editor=editor, editor_at=at)
    act, base = request.POST.get("act", ""), _base(request, newest)
    typed = RuleTyped.of(request.POST.dict())
    overtaken = _overtaken(newest, base)
    more: list[FieldError] = []
    if act in ("save", "remove"):
        try:
            return _save(request, policy, newest, at, None if act == "remove" else typed.spec(before or {}), typed)
        except DraftChanged as error:
            overtaken = str(error)
        except Invalid as error:
            more = [one for one in error.errors if not one.pointer.startswith(f"/spec/rules/{at}/")] or []
    is_checked = act in ("check", "save", "remove")
    editor = editor_of(
        request,
        typed,
        before=before,
        base=base,
        is_checked=is_checked,
        more=more,
        overtaken=overtaken,
    )
    if fragments.is_fragment(request):
        return fragments.render(request, "policies/rule_edit.html", editor, parts=("rule",))
    status = 422 if editor.problems else 409 if overtaken and act == "save" else 200
    return policy_page.show(request, policy, newest, editor=editor, editor_at=at, status=status)


def _save(
    request: MemberRequest,
    policy: Policy,
    newest: PolicyVersion,
    at: int,
    rule: Mapping[str, Any] | None,
    typed: RuleTyped,
) -> HttpResponse:
    """Keep the newest version with the rule in its place, or without it; raises DraftChanged, ManifestInvalid."""
    rules = list(newest.spec["rules"])
    rules[at : at + 1] = [] if rule is None else [rule]
    if not rules:
        raise Invalid(errors=[FieldError("", ONE_RULE)], problem=ONE_RULE)
    if rule is not None and any(typed.row_errors):
        raise Invalid(problem="a condition is not complete")
    version = services.save_draft(
        request.membership.organization,
        changed(policy, {**newest.spec, "rules": rules}),
        Actor.of(request.membership),
        base=_base(request, newest),
        note=request.POST.get("note", "").strip(),
    )
    if version.number == newest.number:
        messages.success(request, f"Nothing changed; the newest version is still {version.number}.")
    else:
        messages.success(request, f"Saved as draft, version {version.number}. It holds once it is enforced.")
    return redirect(address(version))


def _base(request: MemberRequest, newest: PolicyVersion) -> int:
    base = request.POST.get("base", "")
    return int(base) if base.isdecimal() and len(base) < 10 else newest.number


def _overtaken(newest: PolicyVersion, base: int) -> str:
    """Say that someone else saved the policy after its author opened it."""
    if newest.number == base:
        return ""
    return (
        f"{newest.created_by} saved version {newest.number} after you opened version {base}. Nothing of yours is lost, "
        "and nothing of theirs is overwritten: compare, then open the rule again."
    )


def _as_error(one: Problem) -> FieldError:
    return FieldError(one.pointer, one.message, one.suggestion, one.line, one.column)
