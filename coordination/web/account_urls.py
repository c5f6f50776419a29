"""Addresses of one's own account that stand before allauth's: with a record, in our frame, or closed."""

from django.urls import path
from django.views.generic import RedirectView

from coordination.web import passkeys, sign_in, single_sign_on

_HOME = RedirectView.as_view(pattern_name="mfa_index")

urlpatterns = [
    path("2fa/", sign_in.your_sign_in, name="mfa_index"),
    path("2fa/webauthn/", _HOME, name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", passkeys.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("2fa/webauthn/reauthenticate/", passkeys.ConfirmPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/edit/", passkeys.RenamePasskey.as_view(), name="mfa_edit_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/remove/", passkeys.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("2fa/totp/activate/", passkeys.AddAuthenticatorApp.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", passkeys.RemoveAuthenticatorApp.as_view(), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/generate/", passkeys.MakeRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("oidc/<str:provider_id>/login/", single_sign_on.go_to_server, name="openid_connect_login"),
    path("sessions/", _HOME, name="usersessions_list"),
    path("sessions/end/", sign_in.sign_out_elsewhere, name="end-sessions"),
    path("sessions/<int:session_id>/end/", sign_in.sign_out_elsewhere, name="end-session"),
    path("email/", sign_in.closed, name="account_email"),
    path("3rdparty/", sign_in.closed, name="socialaccount_connections"),
    path("3rdparty/signup/", sign_in.closed, name="socialaccount_signup"),
]
