"""Budgets for a day: what there is of each today, setting one, and lifting it."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.audit.selectors import Wanted, found
from coordination.runs.errors import BudgetUnknown
from coordination.runs.selectors import budgets, days, runs
from coordination.runs.services import remove_budget, set_budget
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject
from coordination.shared.manifests import ManifestInvalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.budgets import OWN, BudgetFormPage, BudgetsPage, LiftPage, Refused
from coordination.web.contexts.links import run_of
from coordination.web.forms.budgets import beside, budget_fields, limits_in, typed_of_budget
from coordination.web.forms.manifest import Filled
from coordination.web.paging import numbered
from coordination.workflows.errors import WorkflowUnknown
from coordination.workflows.selectors import workflows

TAKEN = "it has a budget already: change that one"
_REFUSED = 5


@require_safe
@require(Right.READ)
def budget_list(request: MemberRequest) -> HttpResponse:
    """Show every budget for a day and what is used, reserved and left of it, and whom budgets stopped lately."""
    organization, membership = request.membership.organization, request.membership
    rows, pager = numbered(days(organization), request)
    refused = _refused(organization) if may(membership, Right.AUDIT_READ) else []
    page = BudgetsPage.of(rows, pager, refused, membership, request.get_full_path())
    return fragments.render(request, "budgets/list.html", page, parts=("budgets",))


@require(Right.BUDGET_EDIT)
def new_budget(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and make a budget of it."""
    workflow = request.POST.get("workflow", "")
    if request.method == "POST" and _limits(request, workflow) is not None:
        return _form(request, None, request.POST.dict(), [FieldError("/workflow", TAKEN)])
    return _set(request, None, workflow)


@require(Right.BUDGET_EDIT)
def edit_budget(request: MemberRequest, whose: str) -> HttpResponse:
    """Offer the form of a budget, and save it."""
    workflow = _named(request, whose)
    return _set(request, workflow, workflow)


@require(Right.BUDGET_EDIT)
def lift_budget(request: MemberRequest, whose: str) -> HttpResponse:
    """Ask once more, and lift a budget."""
    workflow = _named(request, whose)
    if request.method == "POST":
        remove_budget(request.membership.organization, workflow, Actor.of(request.membership))
        messages.success(request, f"The budget of {workflow or 'the whole organization'} is lifted.")
        return redirect("budgets")
    return fragments.render(request, "budgets/lift.html", LiftPage(workflow))


def _set(request: MemberRequest, known: str | None, workflow: str) -> HttpResponse:
    if request.method != "POST":
        return _form(request, known, typed_of_budget(_limits(request, workflow) if known is not None else None))
    typed = request.POST.dict()
    try:
        set_budget(request.membership.organization, workflow, limits_in(typed), Actor.of(request.membership))
    except ManifestInvalid as error:
        return _form(request, known, typed, beside(error.errors))
    except WorkflowUnknown as error:
        return _form(request, known, typed, [FieldError("/workflow", str(error))])
    messages.success(request, f"The budget of {workflow or 'the whole organization'} holds from now on.")
    return redirect("budgets")


def _refused(organization: Organization) -> list[Refused]:
    """Return the last calls that a budget did not allow."""
    told = [row.event for row in found(organization, Wanted(kind="BudgetRefused"), size=_REFUSED).rows]
    concerned = runs(organization).filter(pk__in=[run_of(event.object) for event in told])
    titles = dict(concerned.values_list("pk", "title"))
    return [Refused.of(event, titles) for event in told]


def _limits(request: MemberRequest, workflow: str) -> JsonObject | None:
    """Return the limits of a budget, if it is set."""
    found = budgets(request.membership.organization).filter(workflow=workflow).first()
    return found.limits if found else None


def _named(request: MemberRequest, whose: str) -> str:
    """Return the workflow whose budget an address names, "" for the organization's; raises BudgetUnknown."""
    kind, _, workflow = whose.partition(":")
    is_one = kind == "workflow" if workflow else whose == OWN
    if not is_one or _limits(request, workflow) is None:
        raise BudgetUnknown(name=whose)
    return workflow


def _form(
    request: MemberRequest, known: str | None, typed: Mapping[str, str], errors: list[FieldError] | None = None
) -> HttpResponse:
    names = list(workflows(request.membership.organization).values_list("name", flat=True))
    filled = Filled.of(budget_fields(names), typed, errors or ())
    page = BudgetFormPage(filled.fields, filled.problems, known)
    return fragments.render(request, "budgets/form.html", page, status=422 if errors else 200)
