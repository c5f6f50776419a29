"""Change a part of a policy alone: its tests, its parameters, its exceptions. Each change is a new draft."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.policies import services
from coordination.policies.errors import DraftChanged, ReviewRequired
from coordination.policies.models import Policy, PolicyVersion
from coordination.policies.selectors import policy_named
from coordination.policies.services.validating import run_tests
from coordination.shared.errors import Conflict, CoordinationError, FieldError, Invalid
from coordination.web import policy_page
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.parts import Problem
from coordination.web.forms.manifest import said
from coordination.web.forms.policies import changed
from coordination.web.forms.policy_parts import exception_in, placed, test_in, values_in, with_test, without_test
from coordination.web.policy_address import address

NOTHING: Mapping[str, str] = {}


@require_POST
@require(Right.POLICY_EDIT)
def change_tests(request: MemberRequest, name: str) -> HttpResponse:
    """Add a test to a rule of the newest version, or take one away."""
    policy = policy_named(request.membership.organization, name)
    newest = policy_page.newest_of(policy)
    rule, act = request.POST.get("rule", ""), request.POST.get("act", "")
    if act.startswith("remove-"):
        spec = without_test(newest.spec, rule, _number(act.removeprefix("remove-")))
        return _draft(request, policy, newest, spec, "tests")
    test, problems = test_in(request.POST.dict())
    if problems:
        return _refused(request, policy, newest, "tests", problems)
    return _draft(request, policy, newest, with_test(newest.spec, rule, test), "tests")


@require_POST
@require(Right.POLICY_EDIT)
def change_parameters(request: MemberRequest, name: str) -> HttpResponse:
    """Give parameters of what is enforced other values, as a new draft."""
    policy = policy_named(request.membership.organization, name)
    newest = policy_page.newest_of(policy)
    source = policy.enforced or newest
    values = values_in(source.spec, request.POST.dict())
    if not values:
        messages.info(request, "No value is another one than before, so nothing was saved.")
        return redirect(address(newest, "parameters"))
    try:
        version = services.change_parameters(policy, values, _actor(request), base=_base(request), note=_note(request))
    except (Conflict, Invalid) as error:
        wrong = placed(source.spec, error.errors)
        return _refused(request, policy, newest, "parameters", _problems(error), wrong)
    return _drafted(request, version)


@require_POST
@require(Right.POLICY_EDIT)
def change_exceptions(request: MemberRequest, name: str) -> HttpResponse:
    """Except something from a rule of what is enforced until a day, or end an exception now."""
    policy = policy_named(request.membership.organization, name)
    newest = policy_page.newest_of(policy)
    rule, act = request.POST.get("rule", ""), request.POST.get("act", "")
    actor, base = _actor(request), _base(request)
    if act.startswith("end-"):
        try:
            at = _number(act.removeprefix("end-"))
            note = _note(request) or f"ends an exception from {rule}"
            version = services.remove_exception(policy, rule, at, actor, base=base, note=note)
        except (Conflict, Invalid) as error:
            return _refused(request, policy, newest, "exceptions", _problems(error))
        return _ended(request, policy, version)
    exception, problems = exception_in(request.POST.dict(), request.membership.user.username)
    if not problems:
        try:
            version = services.add_exception(policy, rule, exception, actor, base=base, note=str(exception["reason"]))
            return _drafted(request, version)
        except (Conflict, Invalid) as error:
            problems = _problems(error)
    return _refused(request, policy, newest, "exceptions", problems)


def _ended(request: MemberRequest, policy: Policy, version: PolicyVersion) -> HttpResponse:
    """Enforce a draft that only ends an exception at once, where one person may."""
    if policy.enforced_id is None:
        return _drafted(request, version)
    try:
        services.release(policy, version.number, request.membership, reason="An exception was ended.")
        messages.success(request, f"The exception is over: version {version.number} is enforced.")
    except (ReviewRequired, Conflict, Invalid) as error:
        messages.error(request, f"The exception is over in the draft, version {version.number}. {error}")
    return redirect(address(version))


def _draft(
    request: MemberRequest, policy: Policy, newest: PolicyVersion, spec: Mapping[str, Any], tab: str
) -> HttpResponse:
    try:
        version = services.save_draft(
            request.membership.organization,
            changed(policy, spec),
            _actor(request),
            base=_base(request),
            note=_note(request),
        )
    except (DraftChanged, Invalid) as error:
        return _refused(request, policy, newest, tab, _problems(error))
    messages.success(request, f"Saved as draft, version {version.number}.")
    return redirect(address(version, tab))


def _drafted(request: MemberRequest, version: PolicyVersion) -> HttpResponse:
    """Lead to what the new draft changes, and to what brings it into force."""
    messages.success(request, f"Saved as draft, version {version.number}. It holds once it is enforced.")
    return redirect(address(version, "diff"))


def _refused(
    request: MemberRequest,
    policy: Policy,
    version: PolicyVersion,
    tab: str,
    problems: list[Problem],
    wrong: Mapping[str, str] = NOTHING,
) -> HttpResponse:
    """Show the tab again with what was typed, and what is wrong with it."""
    shown = policy_page.tab_of(
        policy,
        version,
        tab,
        request.membership,
        run_tests(version.spec),
        typed=request.POST.dict(),
        problems=problems,
        wrong=wrong,
    )
    return policy_page.show(request, policy, version, shown, status=422)


def _problems(error: CoordinationError) -> list[Problem]:
    found = [Problem(said(FieldError(one.pointer, one.message, one.suggestion))) for one in error.errors]
    return found or [Problem(str(error))]


def _actor(request: MemberRequest) -> Actor:
    return Actor.of(request.membership)


def _note(request: MemberRequest) -> str:
    return str(request.POST.get("note", "")).strip()


def _base(request: MemberRequest) -> int | None:
    return _number(request.POST.get("base", "")) if request.POST.get("base") else None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else -1
