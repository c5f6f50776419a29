"""Call webhooks: each in the order in which things happened, by one worker at a time, and again if it fails."""

import random
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from coordination.accounts.actors import SYSTEM
from coordination.engine.timetable.retrying import pause
from coordination.notifications.models import Delivery, Webhook
from coordination.notifications.selectors.inbox import About, abouts
from coordination.notifications.services.outcomes import MOST_TRIES, delivered, due, failed
from coordination.notifications.signing import headers_for
from coordination.notifications.stream import TOPIC, object_of, record
from coordination.notifications.wording import Message, body
from coordination.shared.calling import CallFailed, post
from coordination.shared.clock import now
from coordination.shared.live import ring

# Nobody else calls a webhook in this time; then whoever took it is thought dead.
LEASE = timedelta(minutes=5)
# So many calls, each of ten seconds at most, fit into it.
_AT_ONCE = 20
_MOST = 50
_GONE = 410


class Gone(CallFailed):
    """The address says that it is not there any more, and that nobody should call it again."""


def call_due() -> int:
    """Call every webhook that has something due, and return how many calls were answered well."""
    waiting = due().filter(webhook=OuterRef("pk"))
    free = Webhook.objects.filter(Exists(waiting), is_paused=False, resting_until__lte=now()).order_by("resting_until")
    return sum(_serve(pk) for pk in free.values_list("pk", flat=True)[:_MOST])


def call(webhook: Webhook, delivery: Delivery, known: Mapping[UUID, About]) -> None:
    """Send one delivery; raises CallFailed unless the answer is a good one."""
    organization, notice = webhook.organization.slug, delivery.notice
    if notice is None:
        message = Message.test(delivery.pk, organization, delivery.created_at)
    else:
        message = Message.of(notice, known[notice.pk].outside, organization)
    content = body(message, webhook.shape)
    # The same name for every attempt, so that whoever got it twice can tell.
    headers = headers_for(webhook, f"msg_{delivery.pk.hex}", content, now())
    status, _ = post(webhook.url, content, headers)
    if status == _GONE:
        raise Gone("It answered that it is gone for good (410).")
    if not 200 <= status < 300:
        raise CallFailed(f"It answered with status {status}.")


def _serve(pk: UUID) -> int:
    """Call one webhook about all that is due, until it fails; no transaction is open while it answers."""
    webhook, waiting = _taken(pk)
    if webhook is None:
        return 0
    known = abouts(webhook.organization, [one.notice for one in waiting if one.notice])
    for n_done, delivery in enumerate(waiting):
        try:
            call(webhook, delivery, known)
        except CallFailed as error:
            _note_failure(webhook, delivery, error)
            return n_done
        delivered([delivery])
    _note_success(webhook)
    return len(waiting)


@transaction.atomic
def _taken(pk: UUID) -> tuple[Webhook | None, list[Delivery]]:
    """Take a webhook for a while, with what it is to be told, unless another has it."""
    free = Webhook.objects.select_for_update(skip_locked=True, of=("self",)).select_related("organization")
    webhook = free.filter(pk=pk, is_paused=False, resting_until__lte=now()).first()
    waiting = list(due().filter(webhook=pk).select_related("notice").order_by("id")[:_AT_ONCE]) if webhook else []
    if webhook is None or not waiting:
        return None, []
    webhook.resting_until = now() + LEASE
    webhook.save(update_fields=["resting_until"])
    return webhook, waiting


@transaction.atomic
def _note_success(webhook: Webhook) -> None:
    was_failing = webhook.failing_since is not None
    webhook.resting_until = webhook.told_at = now()
    webhook.failing_since, webhook.problem = None, ""
    webhook.save(update_fields=["resting_until", "told_at", "failing_since", "problem"])
    if was_failing:
        record(webhook.organization, "WebhookRecovered", SYSTEM, object_of(webhook), name=webhook.name)
    ring(webhook.organization_id, TOPIC)


@transaction.atomic
def _note_failure(webhook: Webhook, delivery: Delivery, error: CallFailed) -> None:
    """Leave the webhook alone for a while, with all that waits for it; one that is gone, for good."""
    attempts = delivery.attempts + 1
    rest = pause(attempts, random.random())  # noqa: S311  (spreads calls, guards nothing)
    failed([delivery], str(error), rest, is_over=attempts >= MOST_TRIES)
    is_first = webhook.failing_since is None
    webhook.failing_since = webhook.failing_since or now()
    webhook.problem, webhook.resting_until = str(error)[:500], now() + rest
    webhook.is_paused = isinstance(error, Gone)
    webhook.save(update_fields=["failing_since", "problem", "resting_until", "is_paused"])
    about = {"name": webhook.name, "problem": webhook.problem}
    if is_first:
        record(webhook.organization, "WebhookFailing", SYSTEM, object_of(webhook), **about)
    if webhook.is_paused:
        record(webhook.organization, "WebhookPaused", SYSTEM, object_of(webhook), **about)
    ring(webhook.organization_id, TOPIC)
