"""Say which other systems are told."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.notifications.catalogue import BANDS, TOPICS
from coordination.notifications.errors import WebhookInvalid, WebhookKnown
from coordination.notifications.jobs import DELIVER
from coordination.notifications.models import Shape, Webhook
from coordination.notifications.signing import new_salt
from coordination.notifications.stream import object_of, record
from coordination.shared.addresses import AddressRefused, target_of
from coordination.shared.clock import now
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject

FIELDS = ("name", "url", "shape", "topics", "queues", "least_band")
# So long calls are signed with the old secret too, after it was replaced.
OVERLAP = timedelta(hours=24)
_MOST = 50
_LONGEST_NAME, _LONGEST_URL, _LONGEST_QUEUE = 63, 500, 60


def add_webhook(organization: Organization, says: Mapping[str, Any], actor: Actor) -> Webhook:
    """Tell another system from now on; raises WebhookInvalid, WebhookKnown."""
    webhook = Webhook(organization=organization, salt=new_salt(), created_at=now(), resting_until=now())
    with transaction.atomic():
        if Webhook.objects.filter(organization=organization).count() >= _MOST:
            raise WebhookInvalid(problem=f"there are {_MOST} already.")
        _fill(webhook, says)
        record(organization, "WebhookAdded", actor, object_of(webhook), **_said(webhook))
    return webhook


def change_webhook(webhook: Webhook, says: Mapping[str, Any], actor: Actor) -> Webhook:
    """Change what a webhook is told and where; raises WebhookInvalid, WebhookKnown."""
    with transaction.atomic():
        locked = _locked(webhook)
        _fill(locked, says)
        record(webhook.organization, "WebhookChanged", actor, object_of(locked), **_said(locked))
    return locked


@transaction.atomic
def pause_webhook(webhook: Webhook, actor: Actor) -> Webhook:
    """Call it no more; what happens meanwhile is not told later."""
    return _turn(webhook, actor, is_paused=True)


@transaction.atomic
def resume_webhook(webhook: Webhook, actor: Actor) -> Webhook:
    """Call it again, at once where something waits."""
    return _turn(webhook, actor, is_paused=False)


@transaction.atomic
def rotate_secret(webhook: Webhook, actor: Actor) -> Webhook:
    """Sign with a new secret from now on, and for a day with the old one too."""
    locked = _locked(webhook)
    locked.old_salt, locked.old_until, locked.salt = locked.salt, now() + OVERLAP, new_salt()
    locked.save(update_fields=["salt", "old_salt", "old_until"])
    record(webhook.organization, "WebhookSecretRotated", actor, object_of(locked), name=locked.name)
    return locked


@transaction.atomic
def remove_webhook(webhook: Webhook, actor: Actor) -> None:
    """Forget a webhook and what it was told."""
    locked = _locked(webhook)
    record(webhook.organization, "WebhookRemoved", actor, object_of(locked), **_said(locked))
    locked.delete()


def _turn(webhook: Webhook, actor: Actor, *, is_paused: bool) -> Webhook:
    locked = _locked(webhook)
    if locked.is_paused != is_paused:
        locked.is_paused, locked.resting_until = is_paused, now()
        locked.save(update_fields=["is_paused", "resting_until"])
        kind = "WebhookPaused" if is_paused else "WebhookResumed"
        record(webhook.organization, kind, actor, object_of(locked), name=locked.name)
        DELIVER.later()
    return locked


def _locked(webhook: Webhook) -> Webhook:
    return Webhook.objects.select_for_update(of=("self",)).select_related("organization").get(pk=webhook.pk)


def _fill(webhook: Webhook, says: Mapping[str, Any]) -> None:
    """Take over what is said, and save it; raises WebhookInvalid, WebhookKnown."""
    for name in FIELDS:
        if name in says:
            setattr(webhook, name, says[name])
    webhook.name, webhook.url = webhook.name.strip(), webhook.url.strip()
    problems = list(_problems(webhook))
    if problems:
        raise WebhookInvalid(errors=problems, problem=f"{problems[0].message}.")
    try:
        with transaction.atomic():
            webhook.save()
    except IntegrityError:
        raise WebhookKnown(name=webhook.name) from None


def _problems(webhook: Webhook) -> Iterator[FieldError]:
    if not 0 < len(webhook.name) <= _LONGEST_NAME:
        yield FieldError("/name", f"give it a name of at most {_LONGEST_NAME} characters")
    if webhook.shape not in Shape.values:
        yield FieldError("/shape", f"use one of {', '.join(Shape.values)}")
    yield from (FieldError("/topics", f"there is no topic {one}") for one in webhook.topics if one not in TOPICS)
    if any(len(queue) > _LONGEST_QUEUE for queue in webhook.queues):
        yield FieldError("/queues", f"a queue's name has at most {_LONGEST_QUEUE} characters")
    if webhook.least_band not in ("", *BANDS):
        yield FieldError("/least_band", f"use one of {', '.join(BANDS)}, or nothing for all")
    if len(webhook.url) > _LONGEST_URL:
        yield FieldError("/url", f"an address has at most {_LONGEST_URL} characters")
        return
    try:
        target_of(webhook.url)
    except AddressRefused as error:
        # A host that is not known at this moment may be known later.
        if not error.retryable:
            yield FieldError("/url", error.message.rstrip("."))


def _said(webhook: Webhook) -> JsonObject:
    """Return what goes on record: of the address only the host, for who knows all of a chat's may write there."""
    said = {name: getattr(webhook, name) for name in FIELDS}
    return said | {"url": f"{urlsplit(webhook.url).scheme}://{urlsplit(webhook.url).hostname}/…"}
