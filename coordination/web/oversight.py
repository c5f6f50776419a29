"""Settings of what keeps people judging for themselves: the numbers, and the catalogue of exercises."""

from collections.abc import Iterable, Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.accounts.selectors import require as require_right
from coordination.approvals import selectors, services
from coordination.approvals.errors import NothingAlike
from coordination.approvals.exercise import Entry
from coordination.shared.errors import FieldError
from coordination.shared.manifests import ManifestInvalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.oversight import ExercisePage, ExercisesPage, TermsPage
from coordination.web.forms.manifest import Filled
from coordination.web.forms.oversight import (
    exercise_fields,
    exercise_in,
    terms_fields,
    terms_in,
    typed_of_exercise,
    typed_of_terms,
)


@require(Right.READ)
def oversight_terms(request: MemberRequest) -> HttpResponse:
    """Show the numbers; whoever may, changes them."""
    organization = request.membership.organization
    if request.method != "POST":
        return _terms(request, typed_of_terms(selectors.terms_of(organization)))
    require_right(request.membership, Right.OVERSIGHT_EDIT)
    typed, actor = request.POST.dict(), Actor.of(request.membership)
    try:
        services.change_terms(organization, terms_in(typed), actor, typed.get("reason", "")[:500])
    except ManifestInvalid as error:
        return _terms(request, typed, error.errors)
    messages.success(request, "These numbers hold from now on.")
    return redirect("oversight-terms")


@require_safe
@require(Right.OVERSIGHT_EDIT)
def exercise_list(request: MemberRequest) -> HttpResponse:
    """Show the catalogue; whoever answers questions does not see it."""
    organization = request.membership.organization
    page = ExercisesPage.of(
        selectors.exercises_of(organization),
        selectors.operations_asked(organization),
        selectors.exercise_results(organization),
        selectors.terms_of(organization),
    )
    return fragments.render(request, "oversight/exercises.html", page)


@require(Right.OVERSIGHT_EDIT)
def new_exercise(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and put what it says into the catalogue."""
    if request.method != "POST":
        return _exercise(request, None, {})
    typed = request.POST.dict()
    return _saved(request, None, typed.get("key", "").strip(), typed)


@require(Right.OVERSIGHT_EDIT)
def edit_exercise(request: MemberRequest, key: str) -> HttpResponse:
    """Offer the form of an exercise, and save it."""
    entry = selectors.exercise_named(request.membership.organization, key)
    if request.method != "POST":
        return _exercise(request, entry, typed_of_exercise(entry))
    return _saved(request, entry, entry.key, request.POST.dict())


@require_POST
@require(Right.OVERSIGHT_EDIT)
def act_on_exercise(request: MemberRequest, key: str) -> HttpResponse:
    """Use an exercise, leave it out, or put it into the queue at once."""
    organization, actor = request.membership.organization, Actor.of(request.membership)
    if request.POST.get("act") != "place":
        entry = services.turn_exercise(organization, key, request.POST.get("act") == "use", actor)
        messages.success(request, "It is used again." if entry.is_active else "It is left out.")
        return redirect("exercises")
    try:
        services.place_exercise(organization, key, actor)
    except NothingAlike as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "It is in the queue now, among the others.")
    return redirect("exercises")


def _terms(request: MemberRequest, typed: Mapping[str, str], errors: Iterable[FieldError] = ()) -> HttpResponse:
    said = list(errors)
    page = TermsPage.of(
        Filled.of(terms_fields(), typed, said),
        selectors.terms_of(request.membership.organization),
        request.membership,
    )
    return fragments.render(request, "oversight/terms.html", page, status=422 if said else 200)


def _saved(request: MemberRequest, entry: Entry | None, key: str, typed: Mapping[str, str]) -> HttpResponse:
    said, errors = exercise_in(typed)
    if errors:
        return _exercise(request, entry, typed, errors)
    try:
        services.save_exercise(request.membership.organization, key, said, Actor.of(request.membership))
    except ManifestInvalid as error:
        return _exercise(request, entry, typed, error.errors)
    messages.success(request, "Saved.")
    return redirect("exercises")


def _exercise(
    request: MemberRequest, entry: Entry | None, typed: Mapping[str, str], errors: Iterable[FieldError] = ()
) -> HttpResponse:
    said = list(errors)
    asked = sorted({*selectors.operations_asked(request.membership.organization), *_own(entry)})
    filled = Filled.of(exercise_fields(asked, is_new=entry is None), typed, said)
    return fragments.render(
        request, "oversight/exercise.html", ExercisePage.of(filled, entry), status=422 if said else 200
    )


def _own(entry: Entry | None) -> list[str]:
    return [entry.spec.operation] if entry else []
