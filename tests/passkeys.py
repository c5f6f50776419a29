"""A browser of the tests that counts as signed in with a passkey, and one passkey in the database."""

import base64
import json
import time
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth import SESSION_KEY
from django.test import Client
from fido2.cose import ES256
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from coordination.accounts.models import User


def confirm(client: Client, *, ago_s: float = 0) -> None:
    """Let a signed-in browser have used a passkey so long ago."""
    session = client.session
    record = {"method": "mfa", "type": "webauthn", "at": time.time() - ago_s, "reauthenticated": True}
    session["account_authentication_methods"] = [record]
    session["account_authentication_methods_user"] = session[SESSION_KEY]
    session.save()


def give_passkey(user: User, name: str = "Ring") -> Authenticator:
    """Give a person a passkey whose private half nobody has."""
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    of = AttestedCredentialData.create(Aaguid.NONE, name.encode().ljust(16, b"."), key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(b"\0" * 32, flags, 0, bytes(of))
    said = CollectedClientData.create(CollectedClientData.TYPE.CREATE, b"\1" * 32, "http://localhost")
    credential = {
        "id": _text(of.credential_id),
        "rawId": _text(of.credential_id),
        "type": "public-key",
        "response": {
            "clientDataJSON": _text(bytes(said)),
            "attestationObject": _text(bytes(AttestationObject.create("none", data, {}))),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
    made: Any = Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": name, "credential": json.loads(json.dumps(credential))},
    )
    return made


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
