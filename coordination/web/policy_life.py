"""The way of a version: checked, backtested, reviewed, tried out, enforced; and back again."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.policies import selectors, services
from coordination.policies.models import Policy, PolicyVersion
from coordination.policies.selectors.lifecycle import practice_of, retirement_of
from coordination.shared.errors import Conflict, CoordinationError, FieldError, Invalid
from coordination.web import fragments, policy_page
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.policy_practice import PracticePage, RetirePage
from coordination.web.forms.policy_practice import practice_in
from coordination.web.policy_address import address

Move = Callable[[MemberRequest, Policy, PolicyVersion], str]


@require_POST
@require(Right.POLICY_EDIT)
def move_policy(request: MemberRequest, name: str) -> HttpResponse:
    """Take a version one step further or back, whichever button was pressed."""
    policy = selectors.policy_named(request.membership.organization, name)
    version = policy_page.asked_version(policy, request.POST.get("version", ""))
    move = MOVES.get(request.POST.get("act", ""))
    if move is None:
        return redirect(address(version))
    try:
        messages.success(request, move(request, policy, version))
    except (Conflict, Invalid) as error:
        messages.error(request, _whole(error))
    return redirect(address(version))


@require_POST
@require(Right.POLICY_EDIT)
def backtest_policy(request: MemberRequest, name: str) -> HttpResponse:
    """Start a backtest of a version, or stop the one that is under way."""
    policy = selectors.policy_named(request.membership.organization, name)
    version = policy_page.asked_version(policy, request.POST.get("version", ""))
    actor = Actor.of(request.membership)
    try:
        if request.POST.get("act") == "stop":
            latest = selectors.latest_backtest(version)
            if latest is not None:
                services.cancel_backtest(latest, actor)
                messages.success(request, "The backtest is stopped.")
        else:
            services.start_backtest(version, actor)
    except Conflict as error:
        messages.error(request, str(error))
    return redirect(address(version, request.POST.get("tab", "")))


@require_POST
@require(Right.POLICY_EDIT)
def restore_policy(request: MemberRequest, name: str) -> HttpResponse:
    """Enforce what an older version said, or make a draft of it."""
    policy = selectors.policy_named(request.membership.organization, name)
    older = policy_page.asked_version(policy, request.POST.get("version", ""))
    reason = request.POST.get("reason", "").strip()
    try:
        if request.POST.get("act") == "redraft":
            note = reason or f"says again what version {older.number} said"
            version = services.redraft(policy, older.number, Actor.of(request.membership), note=note)
            messages.success(request, f"Saved as draft, version {version.number}: it says what v{older.number} said.")
        else:
            version = services.restore(policy, older.number, request.membership, reason=reason)
            messages.success(request, f"Version {version.number} is enforced: it says what v{older.number} said.")
    except (Conflict, Invalid) as error:
        messages.error(request, _whole(error))
        return redirect(address(policy_page.newest_of(policy), "history"))
    return redirect(address(version))


@require(Right.POLICY_EDIT)
def disable_policy(request: MemberRequest, name: str) -> HttpResponse:
    """Take a policy out of force, or ask others to; asking first is a page of its own, so that it needs no script."""
    policy = selectors.policy_named(request.membership.organization, name)
    problem = ""
    if request.method == "POST":
        reason = request.POST.get("reason", "").strip()
        try:
            if request.POST.get("act") == "ask":
                services.request_retirement(policy, request.membership, note=reason)
                messages.success(request, "Others are asked. Until they agree, the policy is enforced as before.")
            else:
                services.retire(policy, request.membership, reason=reason)
                messages.success(request, "Not enforced any more: what it forbade is decided by the other policies.")
            return redirect("policy", name)
        except Conflict as error:
            problem = str(error)
    page = RetirePage.of(policy, retirement_of(policy), request.POST.get("reason", ""), problem)
    return fragments.render(request, "policies/disable.html", page, status=409 if problem else 200)


@require(Right.POLICY_EDIT)
def policy_practice(request: MemberRequest) -> HttpResponse:
    """Show and change how changes of policies come into force."""
    organization = request.membership.organization
    practice = practice_of(organization)
    if request.method != "POST":
        return fragments.render(request, "policies/practice.html", PracticePage.of(practice))
    posted = request.POST.dict()
    changes, errors = practice_in(posted)
    if not errors:
        try:
            services.set_practice(organization, Actor.of(request.membership), **changes)
            messages.success(request, "Saved: this is how changes of policies come into force from now on.")
            return redirect("policies")
        except Invalid as error:
            errors = error.errors or [FieldError("", str(error))]
    page = PracticePage.of(practice, posted, errors)
    return fragments.render(request, "policies/practice.html", page, status=422)


def _validate(request: MemberRequest, policy: Policy, version: PolicyVersion) -> str:
    found = services.validate_version(policy, version.number, Actor.of(request.membership))
    for warning in found.warnings:
        messages.warning(request, warning.message)
    if not found.is_valid:
        raise Invalid(errors=found.errors, problem=f"version {version.number} is not ready to be reviewed.")
    return f"Version {version.number} is validated: it compiles, and its tests show what it does."


def _ask(request: MemberRequest, policy: Policy, version: PolicyVersion) -> str:
    way, note = request.POST.get("way", "staged"), request.POST.get("note", "").strip()
    asked = services.request_review(policy, version.number, way, request.membership, note=note)
    people = "Two people are" if asked.needed == 2 else "Someone is"
    return f"{people} asked to review version {version.number}."


def _withdraw(request: MemberRequest, policy: Policy, version: PolicyVersion) -> str:
    services.withdraw_review(policy, version.number, Actor.of(request.membership))
    return f"Version {version.number} is not under review any more."


def _shadow(request: MemberRequest, policy: Policy, version: PolicyVersion) -> str:
    services.try_in_shadow(policy, version.number, Actor.of(request.membership))
    return f"Version {version.number} is watched from now on; it decides nothing yet."


def _stop(request: MemberRequest, policy: Policy, version: PolicyVersion) -> str:
    services.stop_trying(policy, version.number, Actor.of(request.membership))
    return f"Version {version.number} is not tried out any more."


def _release(request: MemberRequest, policy: Policy, version: PolicyVersion) -> str:
    services.release(policy, version.number, request.membership, reason=request.POST.get("note", "").strip())
    return f"Version {version.number} is enforced from the next decision on."


MOVES: dict[str, Move] = {
    "validate": _validate,
    "review": _ask,
    "withdraw": _withdraw,
    "shadow": _shadow,
    "stop": _stop,
    "release": _release,
}


def _whole(error: CoordinationError) -> str:
    """Return the sentence of an error with the first few things that it is about."""
    told = "; ".join(one.message for one in error.errors[:3])
    more = f" (and {len(error.errors) - 3} more)" if len(error.errors) > 3 else ""
    return f"{str(error).rstrip('.: ')}: {told}{more}." if told and told not in str(error) else str(error)
