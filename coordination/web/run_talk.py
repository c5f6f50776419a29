"""What the agents of a run wrote to each other."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from coordination.accounts.rights import Right
from coordination.messaging.selectors import given_to, n_messages_of, sent_in
from coordination.runs.selectors import get_run
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.run_talk import TalkPage
from coordination.web.paging import numbered


@require_safe
@require(Right.READ)
def run_talk(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """Draw who wrote to whom, and list what was said, the newest first."""
    organization = request.membership.organization
    run = get_run(organization, run_id)
    messages, pager = numbered(sent_in(organization, run.pk).reverse(), request)
    page = TalkPage.of(
        run, n_messages_of(organization, run.pk), given_to(organization, run.pk), messages, pager,
        request.get_full_path(),
    )  # fmt: skip
    return fragments.render(request, "runs/talk.html", page, parts=("talk",))
