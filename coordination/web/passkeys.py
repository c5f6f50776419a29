"""Ways of signing in that a person adds, renames and removes; the ceremonies themselves are allauth's."""

from typing import Any, cast

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse_lazy

from coordination.accounts.errors import SignInTooOld
from coordination.accounts.models import User
from coordination.audit.sign_ins import record_sign_in
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.web.contexts.sign_in import named_address

PAGE = reverse_lazy("mfa_index")


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    """Add a passkey."""

    template_name = "mfa/webauthn/add_form.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse where a stranger at an open session could add a key of their own."""
        _just_signed_in(request)
        return cast(HttpResponseBase, super().dispatch(request, *args, **kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the address under which browsers make passkeys."""
        return {**super().get_context_data(**kwargs), "elsewhere": named_address(self.request)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the passkey and its record together."""
        with transaction.atomic():
            _record(self.request, "PasskeyAdded", {"name": form.cleaned_data["name"]})
            return cast(HttpResponse, super().form_valid(form))


class RenamePasskey(EditWebAuthnView):  # type: ignore[misc]
    """Give a passkey another name."""

    template_name = "mfa/webauthn/edit_form.html"
    success_url = PAGE


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    """Remove a passkey."""

    template_name = "mfa/webauthn/authenticator_confirm_delete.html"
    success_url = PAGE

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove the passkey and write its record together."""
        with transaction.atomic():
            _record(self.request, "PasskeyRemoved", {"name": self.get_object().wrap().name})
            return cast(HttpResponse, super().form_valid(form))


class ConfirmPasskey(ReauthenticateWebAuthnView):  # type: ignore[misc]
    """Ask for the passkey of a person who is signed in, and lead back to what they were about to do."""

    template_name = "mfa/webauthn/reauthenticate.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Tell who has none how to come by one."""
        if request.user.is_authenticated and not _has_passkey(request.user):
            return render(request, "mfa/webauthn/none.html", {"elsewhere": named_address(request)})
        return cast(HttpResponseBase, super().dispatch(request, *args, **kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add how long it counts, and the address under which browsers know the passkey."""
        about = {"minutes": settings.PASSKEY_MINUTES, "elsewhere": named_address(self.request)}
        return {**super().get_context_data(**kwargs), **about}

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say it where it was tried."""
        problems = form.errors.get("credential", [])
        return cast(HttpResponse, self.render_to_response(self.get_context_data(problems=problems), status=422))


class AddAuthenticatorApp(ActivateTOTPView):  # type: ignore[misc]
    """Take codes of an app as the second factor."""

    template_name = "mfa/totp/activate_form.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse where a stranger at an open session could add an app of their own."""
        _just_signed_in(request)
        return cast(HttpResponseBase, super().dispatch(request, *args, **kwargs))

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the app and its record together."""
        with transaction.atomic():
            _record(self.request, "AuthenticatorAppAdded")
            return cast(HttpResponse, super().form_valid(form))


class RemoveAuthenticatorApp(DeactivateTOTPView):  # type: ignore[misc]
    """Take no more codes of an app."""

    template_name = "mfa/totp/deactivate_form.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove the app and write its record together."""
        with transaction.atomic():
            _record(self.request, "AuthenticatorAppRemoved")
            return cast(HttpResponse, super().form_valid(form))


class MakeRecoveryCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    """Make new recovery codes; the old ones no longer hold."""

    template_name = "mfa/recovery_codes/generate.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the codes and their record together."""
        with transaction.atomic():
            _record(self.request, "RecoveryCodesMade")
            return cast(HttpResponse, super().form_valid(form))


def _record(request: HttpRequest, kind: str, details: JsonObject | None = None) -> None:
    record_sign_in(cast(User, request.user), kind, details or {})


def _has_passkey(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists())


def _just_signed_in(request: HttpRequest) -> None:
    """Refuse a person whom nothing here can ask again who they are, unless they came from elsewhere just now.

    Who has a password or a second factor is asked for it; single sign-on alone leaves only the time of the sign-in.
    """
    if not request.user.is_authenticated or get_reauthentication_flows(request.user):
        return
    latest = max((one["at"] for one in get_authentication_records(request, request.user)), default=0.0)
    if now().timestamp() - latest > settings.PASSKEY_MINUTES * 60:
        raise SignInTooOld(minutes=settings.PASSKEY_MINUTES)
