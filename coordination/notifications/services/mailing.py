"""Write e-mails: all that is due for a person in one."""

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction

from coordination.accounts.models import Membership
from coordination.engine.timetable.retrying import pause
from coordination.notifications.errors import NoAddress
from coordination.notifications.models import Delivery, InboxItem
from coordination.notifications.selectors.inbox import abouts
from coordination.notifications.services.outcomes import MOST_TRIES, delivered, dropped, due, failed
from coordination.notifications.wording import Message, mail
from coordination.shared.calling import CallFailed
from coordination.shared.clock import now

# Nobody else writes about what was taken in this time; then whoever took it is thought dead.
LEASE = timedelta(minutes=5)
_AT_ONCE = 100
_MOST = 200


def write_due() -> int:
    """Write to everyone for whom something is due, and return how many e-mails were sent."""
    people = due().filter(member__isnull=False).values_list("member", flat=True).distinct()
    return sum(_write_to(member) for member in list(people[:_MOST]) if member is not None)


def send(member: Membership, messages: Sequence[Message]) -> None:
    """Send one e-mail; raises CallFailed, NoAddress."""
    if not member.user.email:
        raise NoAddress
    name = member.user.get_full_name() or member.user.username
    subject, text = mail(messages, name, member.organization.name)
    # Answering machines stay silent when they see this.
    letter = EmailMessage(subject, text, to=[member.user.email], headers={"Auto-Submitted": "auto-generated"})
    try:
        letter.send()
    except (OSError, ValueError) as error:
        raise CallFailed(f"The e-mail could not be sent: {error}") from error


def _write_to(pk: UUID) -> int:
    """Write to one person; no transaction is open while the server takes the letter."""
    member = Membership.objects.select_related("organization", "user").get(pk=pk)
    taken = _taken(member)
    if not taken:
        return 0
    notices = [one.notice for one in taken if one.notice]
    known = abouts(member.organization, notices)
    messages = [Message.of(one, known[one.pk].outside, member.organization.slug) for one in notices]
    try:
        send(member, messages)
    except CallFailed as error:
        _put_back(taken, str(error))
        return 0
    except NoAddress as error:
        dropped(taken, str(error))
        return 0
    delivered(taken)
    return 1


@transaction.atomic
def _taken(member: Membership) -> list[Delivery]:
    """Take what is due for a member, unless another has it or they know by now."""
    waiting = due().filter(member=member).select_related("notice").order_by("id")
    taken = list(waiting.select_for_update(skip_locked=True, of=("self",))[:_AT_ONCE])
    done = InboxItem.objects.filter(member=member, notice__in=[one.notice_id for one in taken])
    known = {*done.exclude(read_at=None, settled_at=None).values_list("notice", flat=True)}
    dropped([one for one in taken if one.notice_id in known], "It was read or settled before.")
    left = [one for one in taken if one.notice_id not in known]
    Delivery.objects.filter(pk__in=[one.pk for one in left]).update(due_at=now() + LEASE)
    return left


@transaction.atomic
def _put_back(taken: Sequence[Delivery], problem: str) -> None:
    for one in taken:
        rest = pause(one.attempts + 1, random.random())  # noqa: S311  (spreads letters, guards nothing)
        failed([one], problem, rest, is_over=one.attempts + 1 >= MOST_TRIES)
