"""Answer questions of one kind together, after opening some of them that chance has drawn."""

from dataclasses import dataclass
from random import SystemRandom
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.sign_in import sign_in_of
from coordination.approvals import selectors
from coordination.approvals.models import ApprovalRequest, Verdict
from coordination.approvals.question import Manner
from coordination.approvals.together import MOST, drawn, n_to_open, why_not_together
from coordination.runs.selectors import runs
from coordination.runs.services import answer
from coordination.shared.clock import now
from coordination.shared.errors import Conflict, Forbidden, Invalid
from coordination.web.access import MemberRequest, require
from coordination.web.approval_pane import known_of
from coordination.web.contexts.approval import Pane
from coordination.web.contexts.approval_said import BATCH, DONE
from coordination.web.contexts.approvals_together import TogetherPage
from coordination.web.contexts.links import run_of
from coordination.web.forms.approvals import dwell_ms, stamped

KEY = "approvals-together"
VERDICTS = (Verdict.APPROVE, Verdict.REJECT)


@dataclass(slots=True)
class Batch:
    """What one person is about to answer together; the session keeps it, so the browser cannot skip a step."""

    chosen: list[UUID]
    to_open: list[UUID]
    opened: dict[UUID, int]

    @classmethod
    def of(cls, request: MemberRequest) -> "Batch | None":
        """Return what the session keeps."""
        kept = request.session.get(KEY)
        if not kept or kept["organization"] != str(request.membership.organization_id):
            return None
        opened = {UUID(one): ms for one, ms in kept["opened"].items()}
        return cls([UUID(one) for one in kept["chosen"]], [UUID(one) for one in kept["to_open"]], opened)

    def keep(self, request: MemberRequest) -> None:
        """Put it into the session."""
        request.session[KEY] = {
            "organization": str(request.membership.organization_id),
            "chosen": [str(one) for one in self.chosen],
            "to_open": [str(one) for one in self.to_open],
            "opened": {str(one): ms for one, ms in self.opened.items()},
        }

    def narrow(self, left: set[UUID]) -> None:
        """Leave out what is not among these, and let chance draw anew what has to be opened instead."""
        self.chosen = [one for one in self.chosen if one in left]
        self.opened = {one: ms for one, ms in self.opened.items() if one in left}
        kept = [one for one in self.to_open if one in left]
        missing = n_to_open(len(self.chosen)) - len(kept)
        others = [one for one in drawn(self.chosen, SystemRandom()) if one not in kept] if missing > 0 else []
        others += [one for one in self.chosen if one not in kept and one not in others]
        self.to_open = kept + others[: max(0, missing)]


@require_http_methods(["GET", "HEAD", "POST"])
@require(Right.APPROVAL_DECIDE)
def together(request: MemberRequest) -> HttpResponse:
    """Choose, open what chance draws, then answer all of it."""
    if request.method == "POST" and "chosen" in request.POST:
        return _choose(request)
    batch = Batch.of(request)
    if batch is None:
        return redirect("approvals")
    found = _open(request.membership, batch.chosen)
    if len(found) < len(batch.chosen):
        batch.narrow({one.pk for one in found})
        batch.keep(request)
    if problem := why_not_together(found):
        request.session.pop(KEY, None)
        messages.error(request, problem)
        return redirect("approvals")
    return _step(request, batch, found) if request.method == "POST" else _show(request, batch, found)


def _choose(request: MemberRequest) -> HttpResponse:
    chosen = [_identifier(one) for one in request.POST.getlist("chosen")[: MOST + 1]]
    found = _open(request.membership, [one for one in chosen if one])
    if problem := why_not_together(found):
        messages.error(request, problem)
        return redirect("approvals")
    identifiers = [one.pk for one in found]
    Batch(identifiers, drawn(identifiers, SystemRandom()), {}).keep(request)
    return redirect("together")


def _step(request: MemberRequest, batch: Batch, found: list[ApprovalRequest]) -> HttpResponse:
    """Count what was opened, take one out, or answer."""
    one, said = _identifier(request.POST.get("request", "")), request.POST.get("act", "")
    if said == "out" and one in batch.chosen:
        batch.narrow({*batch.chosen} - {one})
        batch.keep(request)
        return redirect("together")
    if said == "opened" and one in batch.to_open:
        looked_ms = dwell_ms(one, request.POST.get("opened", ""))
        if looked_ms is not None:
            batch.opened[one] = looked_ms
            batch.keep(request)
        return redirect("together")
    if said in VERDICTS:
        return _answer(request, batch, found, said)
    return redirect("together")


def _answer(request: MemberRequest, batch: Batch, found: list[ApprovalRequest], verdict: str) -> HttpResponse:
    reason = request.POST.get("reason", "")
    if {*batch.to_open} - {*batch.opened}:
        return _show(request, batch, found, problem="Open those first that chance has drawn.", status=409)
    if verdict == Verdict.REJECT and not reason.strip():
        return _show(request, batch, found, problem="Please give a reason.", status=422)
    name, refused = str(uuid4()), []
    for one in found:
        try:
            _give(request, batch, one, verdict, reason, name)
        except (Conflict, Forbidden, Invalid) as error:
            refused.append(f"{one.title}: {error}")
    request.session.pop(KEY, None)
    for problem in refused:
        messages.error(request, problem)
    if len(refused) == len(found):
        return redirect("approvals")
    return redirect(f"{reverse('approvals')}?said={BATCH}{name}")


def _give(request: MemberRequest, batch: Batch, one: ApprovalRequest, verdict: str, reason: str, name: str) -> None:
    """Answer one of them: a decision and a record of its own."""
    was_opened = one.pk in batch.opened
    manner = Manner(
        auth=sign_in_of(request.session),
        reason_code="together",
        evidence_opened=("the whole question",) if was_opened else (),
    )
    said: dict[str, Any] = {"reason": reason, "revision": one.revision, "manner": manner}
    answer(request.membership, one.pk, verdict, **said, undoable=True, batch=name)


def _show(
    request: MemberRequest, batch: Batch, found: list[ApprovalRequest], problem: str = "", status: int = 200
) -> HttpResponse:
    at, organization = now(), request.membership.organization
    waiting = [one for one in batch.to_open if one not in batch.opened]
    chosen = next((one for one in found if one.pk in waiting), None)
    pane = None
    if chosen is not None:
        run_id = run_of(chosen.subject)
        run = runs(organization).filter(pk=run_id).first() if run_id else None
        pane = Pane.of(chosen, request.membership, known_of(request.membership, chosen, run, request.session, at), at)
    page = TogetherPage.of(
        found,
        batch.to_open,
        list(batch.opened),
        pane=pane,
        stamp=stamped(chosen.pk) if chosen else "",
        reason=request.POST.get("reason", ""),
        problem=problem,
    )
    return render(request, "approvals/together.html", {"page": page, "done": DONE}, status=status)


def _open(membership: Membership, identifiers: list[UUID]) -> list[ApprovalRequest]:
    """Return those of the questions that the member may still decide."""
    return list(selectors.pending_for(membership).filter(pk__in=identifiers))


def _identifier(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
