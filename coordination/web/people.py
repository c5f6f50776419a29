"""The people of the organization: who they are, and adding one."""

from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.errors import AlreadyMember, EmailTaken
from coordination.accounts.models import User
from coordination.accounts.rights import Right
from coordination.accounts.selectors import members_with_sign_in
from coordination.audit.people import admit_member
from coordination.shared.errors import FieldError
from coordination.web import fragments
from coordination.web.access import MemberRequest, may, require
from coordination.web.contexts.people import NewPersonPage, PeoplePage
from coordination.web.forms.manifest import Filled
from coordination.web.forms.people import groups_in, person_fields, roles_in, wrong_in
from coordination.web.paging import numbered


@require_safe
@require(Right.READ)
def people_list(request: MemberRequest) -> HttpResponse:
    """List members by name, with who has a passkey."""
    rows, pager = numbered(members_with_sign_in(request.membership.organization), request)
    page = PeoplePage(rows, pager, may_edit=may(request, Right.MEMBER_EDIT))
    return fragments.render(request, "people/list.html", page)


@require(Right.MEMBER_EDIT)
def new_person(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and make a member of whom it names."""
    if request.method != "POST":
        return _form(request, {})
    typed = request.POST.dict()
    errors = wrong_in(typed, is_known=User.objects.filter(username=typed.get("username", "").strip()).exists())
    if not errors:
        errors = _add(request, typed)
    if errors:
        return _form(request, typed, errors)
    messages.success(request, f"{typed['username']} is a member now.")
    return redirect("people")


def _add(request: MemberRequest, typed: Mapping[str, str]) -> list[FieldError]:
    """Add the person, and return what stands against it."""
    try:
        admit_member(
            request.membership.organization,
            typed["username"].strip(),
            roles_in(typed),
            groups_in(typed),
            Actor.of(request.membership),
            email=typed.get("email", "").strip(),
        )
    except AlreadyMember as error:
        return [FieldError("/username", str(error))]
    except EmailTaken as error:
        return [FieldError("/email", str(error))]
    return []


def _form(request: MemberRequest, typed: Mapping[str, str], errors: Sequence[FieldError] = ()) -> HttpResponse:
    page = NewPersonPage.of(Filled.of(person_fields(), typed, errors))
    return fragments.render(request, "people/new.html", page, status=422 if errors else 200)
