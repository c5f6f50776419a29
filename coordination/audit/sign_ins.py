"""How people sign in, on record: accounts lies below the audit log and cannot write there."""

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import User
from coordination.accounts.services import free_address
from coordination.audit.people import STREAM
from coordination.audit.services import Entry, append
from coordination.shared.json import JsonObject


def record_sign_in(user: User, kind: str, details: JsonObject, by: Actor | None = None) -> None:
    """Write into the log of each organization of a person what changed about how they sign in."""
    actor = by or Actor("user", user.username, user.pk)
    entry = Entry(kind, details, object=f"user:{user.username}")
    for organization_id in user.memberships.order_by("organization_id").values_list("organization_id", flat=True):
        append(organization_id, STREAM, actor, [entry])


@transaction.atomic
def end_sessions(user: User, *, keep: str, only: int | None = None) -> int:
    """Sign a person out in one browser, or in all but the one they sit at; return in how many."""
    ending = UserSession.objects.select_for_update().filter(user=user).exclude(session_key=keep)
    if only is not None:
        ending = ending.filter(pk=only)
    keys = list(ending.values_list("session_key", flat=True))
    ended, _ = Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user=user, session_key__in=keys).delete()
    if ended:
        record_sign_in(user, "SessionsEnded", {"ended": ended})
    return ended


@transaction.atomic
def give_address(user: User, email: str) -> None:
    """Give a person another address; raises EmailTaken.

    For who runs the server: whoever may change an address may become the person, by single sign-on or a new password.
    """
    before, user.email = user.email, free_address(email)
    user.save(update_fields=["email"])
    # What was sent to the old address no longer opens the account.
    EmailAddress.objects.filter(user=user).delete()
    record_sign_in(user, "AddressChanged", {"before": before, "after": email}, SYSTEM)
