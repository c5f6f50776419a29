"""Checkpoints: what was signed and when, whether one goes on from another, and whether all of the log is as written."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.audit import selectors
from coordination.audit.errors import NotContinued
from coordination.audit.services import prove_growth, recheck, signature_problem
from coordination.audit.services.keys import origin_of
from coordination.engine.proof.note import Verifier
from coordination.shared.clock import now
from coordination.shared.errors import NotFound
from coordination.web import fragments, words
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.audit_checkpoints import Asked, CheckpointPage, CheckpointsPage
from coordination.web.forms.audit import number_of
from coordination.web.paging import PAGE


@require_safe
@require(Right.AUDIT_READ)
def checkpoint_list(request: MemberRequest) -> HttpResponse:
    """List checkpoints, and compare two when asked to."""
    organization = request.membership.organization
    below = number_of(request.GET.get("below", ""))
    newest = selectors.checkpoints(organization)
    page = CheckpointsPage.of(
        list((newest.filter(number__lt=below) if below else newest)[: PAGE + 1]),
        below,
        selectors.standing(organization),
        [(row, Verifier(origin_of(organization), bytes(row.public_key)).text()) for row in selectors.signing_keys()],
        request.get_full_path(),
        now(),
        asked=_asked(organization, request.GET.dict()),
        alarms=[] if fragments.is_fragment(request) else selectors.alarms(organization),
    )
    return fragments.render(request, "audit/checkpoints.html", page, parts=("checkpoints",))


@require_POST
@require(Right.AUDIT_READ)
def verify_all(request: MemberRequest) -> HttpResponse:
    """Check every record now, and keep what came of it."""
    check = recheck(request.membership.organization)
    if check.problem:
        messages.error(request, f"The log is not as it was written. {check.problem.splitlines()[0]}")
    else:
        messages.success(request, f"All {words.plural(check.records, 'record')} are as they were written.")
    return redirect("audit-checkpoints")


@require_safe
@require(Right.AUDIT_READ)
def checkpoint(request: MemberRequest, number: int) -> HttpResponse:
    """Show one checkpoint, and that it goes on from the one before it."""
    organization = request.membership.organization
    found = selectors.checkpoint_of(organization, number)
    before = selectors.checkpoints(organization).filter(number=number - 1).first()
    newest = selectors.checkpoints(organization).values_list("number", flat=True).first()
    key = Verifier(origin_of(organization), bytes(found.key.public_key)).text()
    page = CheckpointPage.of(prove_growth(before, found), key, signature_problem(found), is_newest=number == newest)
    return fragments.render(request, "audit/checkpoint.html", page)


def _asked(organization: Organization, typed: Mapping[str, str]) -> Asked:
    """Compare the two checkpoints that the address names."""
    first, second = typed.get("from", ""), typed.get("to", "")
    if not first and not second:
        return Asked(typed)
    old, new = number_of(first), number_of(second)
    if old is None or new is None:
        return Asked(typed, problem="Please give the numbers of two checkpoints; 0 is the empty log.")
    try:
        earlier = selectors.checkpoint_of(organization, old) if old else None
        return Asked(typed, prove_growth(earlier, selectors.checkpoint_of(organization, new)))
    except (NotFound, NotContinued) as error:
        return Asked(typed, problem=str(error))
