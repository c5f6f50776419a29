"""How somebody signs in: what is asked of them, what counts, and what they change about it."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.test import Client
from django.utils.timezone import now

from coordination.accounts.errors import SecretUnreadable
from coordination.accounts.models import User
from coordination.accounts.second_factor import SecondFactor
from coordination.accounts.sign_in import SignIn, passkey_counts_until, sign_in_of
from coordination.audit.models import AuditEvent
from tests.integration.web.conftest import House
from tests.passkeys import confirm, give_passkey

HOME = "/accounts/2fa/"


@pytest.fixture(autouse=True)
def nothing_counted_yet() -> None:
    cache.clear()


def with_password(house: House, name: str = "ann") -> tuple[Client, User]:
    """Return the browser of a stranger, and a person whose password is "sesame"."""
    house.enter(name, "reviewer")
    user = house.people[name].user
    User.objects.filter(pk=user.pk).update(password=make_password("sesame"))
    user.refresh_from_db()
    return Client(), user


def sign_in(client: Client, password: str = "sesame", name: str = "ann") -> Any:
    return client.post("/accounts/login/", {"login": name, "password": password, "remember": "on"})


def sure(client: Client) -> None:
    assert client.post("/accounts/reauthenticate/", {"password": "sesame"}).status_code == 302


def code_of(user: User) -> str:
    secret = SecondFactor().decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def records(kind: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=kind))


# --- what counts ---------------------------------------------------------------------------------------------


def test_a_password_is_a_session_and_no_more(house: House) -> None:
    client, _ = with_password(house)
    assert sign_in(client)["Location"] == "/"
    assert sign_in_of(client.session) == SignIn.SESSION


def test_a_passkey_counts_for_minutes_and_then_no_longer(house: House, settings: Any) -> None:
    client = house.enter("ann", "reviewer")
    confirm(client, ago_s=settings.PASSKEY_MINUTES * 60 - 5)
    assert sign_in_of(client.session) == SignIn.WEBAUTHN
    assert passkey_counts_until(client.session) is not None
    confirm(client, ago_s=settings.PASSKEY_MINUTES * 60 + 5)
    assert sign_in_of(client.session) == SignIn.SESSION
    assert passkey_counts_until(client.session) is None


def test_what_somebody_else_proved_in_this_browser_does_not_count(house: House) -> None:
    client = house.enter("ann", "reviewer")
    confirm(client)
    session = client.session
    session["account_authentication_methods_user"] = "0"
    session.save()
    assert sign_in_of(client.session) == SignIn.SESSION


def test_an_authenticator_app_is_a_session_and_no_passkey(house: House) -> None:
    client, user = with_password(house)
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    sign_in(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(user)}).status_code == 302
    assert sign_in_of(client.session) == SignIn.SESSION


# --- signing in ----------------------------------------------------------------------------------------------


def test_who_has_a_passkey_does_not_get_in_by_password_alone(house: House) -> None:
    client, user = with_password(house)
    give_passkey(user)
    assert sign_in(client)["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    page = client.get("/accounts/2fa/authenticate/").content.decode()
    assert "Use your passkey" in page
    assert "data-options" in page


def test_guessing_a_password_is_stopped(house: House) -> None:
    client, _ = with_password(house)
    for _ in range(5):
        assert "not correct" in sign_in(client, "guessed").content.decode()
    answer = sign_in(client)
    assert answer.status_code == 200
    assert "Too many failed login attempts" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_guessing_a_code_is_stopped(house: House) -> None:
    client, user = with_password(house)
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    sign_in(client)
    for _ in range(5):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(user)}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_forged_passkey_signs_nobody_in(house: House) -> None:
    client, user = with_password(house)
    key = give_passkey(user)
    client.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})
    client.post("/accounts/2fa/webauthn/login/", {"credential": str(key.data["credential"]).replace("'", '"')})
    client.post("/accounts/2fa/webauthn/login/", {"credential": "{}"})
    client.post("/accounts/2fa/webauthn/login/", {"credential": "no JSON"})
    assert "_auth_user_id" not in client.session


def test_an_address_of_a_proxy_is_believed_only_where_one_stands_before(house: House, settings: Any) -> None:
    client, _ = with_password(house)
    client.defaults["HTTP_X_FORWARDED_FOR"] = "203.0.113.7"
    sign_in(client)
    assert UserSession.objects.get().ip == "127.0.0.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    sign_in(client := Client(HTTP_X_FORWARDED_FOR="203.0.113.7"))
    assert set(UserSession.objects.values_list("ip", flat=True)) == {"127.0.0.1", "203.0.113.7"}
    assert client.session


# --- one's own page ------------------------------------------------------------------------------------------


def test_the_page_shows_ones_own_ways_of_signing_in_and_nobody_elses(house: House) -> None:
    ann, eve = house.enter("ann", "reviewer"), house.enter("eve", "reviewer")
    key = give_passkey(house.people["ann"].user, "Ring of Ann")
    assert "Ring of Ann" in ann.get(HOME).content.decode()
    assert "Ring of Ann" not in eve.get(HOME).content.decode()
    confirm(eve)
    for act in ("edit", "remove"):
        assert eve.get(f"/accounts/2fa/webauthn/keys/{key.pk}/{act}/").status_code == 404
        assert eve.post(f"/accounts/2fa/webauthn/keys/{key.pk}/{act}/", {"name": "Mine"}).status_code == 404
    key.refresh_from_db()
    assert key.wrap().name == "Ring of Ann"


def test_the_page_asks_the_database_as_often_for_many_passkeys_and_sessions(
    house: House, queries: Callable[[Client, str], int]
) -> None:
    client = house.enter("ann", "reviewer")
    user = house.people["ann"].user

    def add(some: range) -> None:
        for one in some:
            give_passkey(user, f"Key {one}")
            store = SessionStore()
            store.create()
            UserSession.objects.create(user=user, session_key=store.session_key, ip="127.0.0.1", user_agent="Firefox")

    add(range(10))
    few = queries(client, HOME)
    add(range(10, 20))
    assert queries(client, HOME) == few


def test_adding_asks_again_who_it_is(house: House) -> None:
    client, _ = with_password(house)
    sign_in(client)
    for address in ("webauthn/add/", "totp/activate/", "recovery-codes/generate/"):
        answer = client.get(f"/accounts/2fa/{address}")
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/reauthenticate/")


def test_whom_nothing_can_ask_again_adds_a_passkey_right_after_signing_in_only(house: House) -> None:
    client = house.enter("ann", "reviewer")
    User.objects.filter(username="ann").update(password=make_password(None))
    client.force_login(User.objects.get(username="ann"))
    said = {"method": "socialaccount", "at": time.time() - 3600}

    def signed_in(at: dict[str, Any]) -> None:
        session = client.session
        session["account_authentication_methods"] = [at]
        session["account_authentication_methods_user"] = session["_auth_user_id"]
        session.save()

    signed_in(said)
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 403
    signed_in({**said, "at": time.time()})
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 200


def test_removing_a_passkey_leaves_a_record(house: House) -> None:
    client, user = with_password(house)
    client.force_login(user)
    sure(client)
    key = give_passkey(user, "Ring")
    assert client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/").status_code == 302
    assert not Authenticator.objects.exists()
    (record,) = records("PasskeyRemoved")
    assert (record.actor, record.object, record.data) == ("user:ann", "user:ann", {"name": "Ring"})


def test_an_app_and_recovery_codes_are_added_with_records_and_secrets_are_not_in_the_database(house: House) -> None:
    client, user = with_password(house)
    client.force_login(user)
    sure(client)
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.findall(r'value="([A-Z2-7]{32})"', page)[0]
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code}, follow=True)
    shown = re.findall(r"<li>(\d{8})</li>", answer.content.decode())
    assert len(shown) == 10
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
    assert [len(records(kind)) for kind in ("AuthenticatorAppAdded", "RecoveryCodesMade")] == [1, 0]
    # They are shown once.
    assert shown[0] not in client.get("/accounts/2fa/recovery-codes/").content.decode()

    other = Client()
    sign_in(other)
    assert other.post("/accounts/2fa/authenticate/", {"code": shown[0]}).status_code == 302
    again = Client()
    sign_in(again)
    assert again.post("/accounts/2fa/authenticate/", {"code": shown[0]}).status_code == 200


def test_a_changed_secret_key_is_said_and_lets_nobody_in(house: House, settings: Any) -> None:
    kept = SecondFactor().encrypt("JBSWY3DPEHPK3PXP")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key of at least thirty-two characters"
    with pytest.raises(SecretUnreadable):
        SecondFactor().decrypt(kept)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert SecondFactor().decrypt(kept) == "JBSWY3DPEHPK3PXP"


def test_somebody_signs_out_elsewhere_and_stays_here(house: House) -> None:
    here, _ = with_password(house)
    there, third = Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"), Client()
    for client in (here, there, third):
        sign_in(client)
    page = here.get(HOME).content.decode()
    assert "Firefox on Linux" in page
    one = UserSession.objects.get(user_agent__contains="Firefox")
    assert here.post(f"/accounts/sessions/{one.pk}/end/").status_code == 302
    assert there.get("/runs/").status_code == 302
    assert third.get("/runs/").status_code == 200
    assert here.post("/accounts/sessions/end/").status_code == 302
    assert third.get("/runs/").status_code == 302
    assert here.get("/runs/").status_code == 200
    assert [record.data for record in records("SessionsEnded")] == [{"ended": 1}, {"ended": 1}]


def test_nobody_signs_somebody_else_out(house: House) -> None:
    client, _ = with_password(house)
    sign_in(client)
    eve = house.enter("eve", "reviewer")
    assert eve.post(f"/accounts/sessions/{UserSession.objects.get().pk}/end/").status_code == 404
    assert client.get("/runs/").status_code == 200


def test_a_session_that_is_over_is_not_listed(house: House) -> None:
    client = house.enter("ann", "reviewer")
    user = house.people["ann"].user
    UserSession.objects.create(user=user, session_key="gone", ip="192.0.2.9", user_agent="Firefox", created_at=now())
    assert "192.0.2.9" not in client.get(HOME).content.decode()


def test_nobody_changes_their_address_or_takes_in_identities(house: House) -> None:
    client = house.enter("ann", "reviewer")
    for path in ("/accounts/email/", "/accounts/3rdparty/", "/accounts/3rdparty/signup/"):
        assert client.get(path).status_code == 404
        assert client.post(path, {"email": "eve@acme.example", "action_add": ""}).status_code == 404


def test_who_has_no_passkey_is_told_how_to_come_by_one(house: House) -> None:
    client = house.enter("ann", "reviewer")
    page = client.get("/accounts/2fa/webauthn/reauthenticate/?next=/approvals/").content.decode()
    assert "You have no passkey yet" in page
    assert "/accounts/2fa/webauthn/add/" in page


def test_under_a_number_the_page_leads_to_a_name(house: House) -> None:
    client = house.enter("ann", "reviewer")
    assert (
        "http://localhost:8000/accounts/2fa/"
        in client.get(HOME, SERVER_NAME="127.0.0.1", SERVER_PORT="8000").content.decode()
    )
    assert "http://localhost" not in client.get(HOME, SERVER_NAME="localhost", SERVER_PORT="8000").content.decode()
