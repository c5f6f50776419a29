"""Webhooks and deliveries: which other systems are told, and what became of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.notifications import selectors, services
from coordination.notifications.errors import WebhookInvalid, WebhookKnown
from coordination.notifications.models import Delivery, DeliveryState, Webhook
from coordination.notifications.selectors import About
from coordination.notifications.signing import secret_of
from coordination.shared.errors import FieldError
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.webhooks import (
    DeliveriesPage,
    WebhookForm,
    WebhookPage,
    WebhookSecret,
    WebhooksPage,
)
from coordination.web.forms.manifest import Filled
from coordination.web.forms.notifications import typed_of_webhook, webhook_fields, webhook_in
from coordination.web.paging import newest_first

_LATELY = 10
_TEXT = (
    "It is told what happened to what, the risk, and a link to a page that asks to sign in: "
    "no arguments, no titles that may quote them, no reasons, and no way to decide anything."
)
_REMOVE = "It is told nothing any more, and what it was told is forgotten here; the audit log keeps that it was there."
_ROTATE = "Calls are signed with a new secret from now on, and for 24 hours with the old one too: time to change over."


@require_safe
@require(Right.NOTIFICATION_EDIT)
def webhook_list(request: MemberRequest) -> HttpResponse:
    """Show every webhook and how it does."""
    found = selectors.webhooks(request.membership.organization)
    page = WebhooksPage.of(request.membership, found, request.get_full_path())
    return fragments.render(request, "notifications/webhooks.html", page, parts=("webhooks",))


@require(Right.NOTIFICATION_EDIT)
def new_webhook(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and tell the system that it says; its secret is shown once."""
    if request.method != "POST":
        return _form(request, typed_of_webhook(None), None)
    typed = request.POST.dict()
    organization = request.membership.organization
    try:
        webhook = services.add_webhook(organization, webhook_in(typed), Actor.of(request.membership))
    except (WebhookInvalid, WebhookKnown) as error:
        return _form(request, typed, None, _problems(error))
    return _secret(request, webhook)


@require_safe
@require(Right.NOTIFICATION_EDIT)
def webhook_detail(request: MemberRequest, webhook_id: UUID) -> HttpResponse:
    """Show one webhook and what it was told lately."""
    organization = request.membership.organization
    webhook = selectors.webhook_of(organization, webhook_id)
    lately = list(selectors.deliveries(organization, webhook=webhook.pk)[:_LATELY])
    page = WebhookPage.of(webhook, lately, _abouts(organization, lately), request.get_full_path())
    return fragments.render(request, "notifications/webhook.html", page, parts=("webhook",))


@require(Right.NOTIFICATION_EDIT)
def edit_webhook(request: MemberRequest, webhook_id: UUID) -> HttpResponse:
    """Offer the form with what holds, and change it."""
    webhook = selectors.webhook_of(request.membership.organization, webhook_id)
    if request.method != "POST":
        return _form(request, typed_of_webhook(webhook), webhook)
    typed = request.POST.dict()
    try:
        services.change_webhook(webhook, webhook_in(typed), Actor.of(request.membership))
    except (WebhookInvalid, WebhookKnown) as error:
        return _form(request, typed, webhook, _problems(error))
    messages.success(request, "The webhook is changed.")
    return redirect("webhook", webhook.pk)


@require(Right.NOTIFICATION_EDIT)
def turn_webhook(request: MemberRequest, webhook_id: UUID, act: str) -> HttpResponse:
    """Test, pause, resume, or, once asked again, give a new secret to or remove a webhook."""
    webhook = selectors.webhook_of(request.membership.organization, webhook_id)
    actor = Actor.of(request.membership)
    if act not in _ACTS:
        raise Http404
    if request.method == "POST":
        return _ACTS[act](request, webhook, actor)
    if act == "remove":
        form = WebhookForm.of(f"Remove {webhook.name}?", _REMOVE, "Remove", Filled({}, []), webhook, "bad")
    elif act == "rotate":
        form = WebhookForm.of(
            f"A new secret for {webhook.name}?", _ROTATE, "Make a new secret", Filled({}, []), webhook
        )
    else:
        return redirect("webhook", webhook.pk)
    return fragments.render(request, "notifications/form.html", form)


@require_safe
@require(Right.NOTIFICATION_EDIT)
def delivery_list(request: MemberRequest) -> HttpResponse:
    """Show what left the house, newest first."""
    organization = request.membership.organization
    state = request.GET.get("state", "")
    found = selectors.deliveries(organization, state=state if state in DeliveryState.values else "")
    rows, pager = newest_first(found, request)
    here = request.get_full_path()
    page = DeliveriesPage.of(request.membership, rows, _abouts(organization, rows), pager, state, here)
    return fragments.render(request, "notifications/deliveries.html", page, parts=("deliveries",))


@require_POST
@require(Right.NOTIFICATION_EDIT)
def repeat_delivery(request: MemberRequest, delivery_id: UUID) -> HttpResponse:
    """Send again what was given up."""
    delivery = selectors.delivery_of(request.membership.organization, delivery_id)
    services.repeat(delivery, Actor.of(request.membership))
    messages.success(request, "It is sent again.")
    return redirect("deliveries")


def _test(request: MemberRequest, webhook: Webhook, actor: Actor) -> HttpResponse:
    sent = services.try_webhook(webhook, actor)
    if sent.state == DeliveryState.DELIVERED:
        messages.success(request, f"{webhook.name} answered well.")
    else:
        messages.error(request, f"{webhook.name}: {sent.problem}")
    return redirect("webhook", webhook.pk)


def _pause(request: MemberRequest, webhook: Webhook, actor: Actor) -> HttpResponse:
    services.pause_webhook(webhook, actor)
    messages.success(request, f"{webhook.name} is told nothing until you resume it.")
    return redirect("webhook", webhook.pk)


def _resume(request: MemberRequest, webhook: Webhook, actor: Actor) -> HttpResponse:
    services.resume_webhook(webhook, actor)
    messages.success(request, f"{webhook.name} is told again what happens.")
    return redirect("webhook", webhook.pk)


def _rotate(request: MemberRequest, webhook: Webhook, actor: Actor) -> HttpResponse:
    return _secret(request, services.rotate_secret(webhook, actor))


def _remove(request: MemberRequest, webhook: Webhook, actor: Actor) -> HttpResponse:
    services.remove_webhook(webhook, actor)
    messages.success(request, f"{webhook.name} is removed.")
    return redirect("webhooks")


_ACTS: Mapping[str, Callable[[MemberRequest, Webhook, Actor], HttpResponse]] = {
    "test": _test, "pause": _pause, "resume": _resume, "rotate": _rotate, "remove": _remove,
}  # fmt: skip


def _form(
    request: MemberRequest, typed: Mapping[str, str], webhook: Webhook | None, errors: Sequence[FieldError] = ()
) -> HttpResponse:
    fields = webhook_fields(selectors.queues(request.membership.organization))
    title, button = (f"Edit {webhook.name}", "Save") if webhook else ("Add a webhook", "Add")
    form = WebhookForm.of(title, _TEXT, button, Filled.of(fields, typed, errors), webhook)
    return fragments.render(request, "notifications/form.html", form, status=422 if errors else 200)


def _secret(request: MemberRequest, webhook: Webhook) -> HttpResponse:
    return fragments.render(request, "notifications/secret.html", WebhookSecret(webhook, secret_of(webhook)))


def _problems(error: WebhookInvalid | WebhookKnown) -> Sequence[FieldError]:
    return error.errors or [FieldError("/name", str(error))]


def _abouts(organization: Organization, deliveries: Iterable[Delivery]) -> Mapping[UUID, About]:
    return selectors.abouts(organization, [one.notice for one in deliveries if one.notice])
