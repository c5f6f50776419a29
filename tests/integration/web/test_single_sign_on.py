"""Single sign-on: whom the company's server names and an admin invited gets in, as what they were invited for."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from coordination import environment
from coordination.accounts.models import Membership, User
from coordination.accounts.services import add_member
from coordination.accounts.sign_in import SignIn, sign_in_of
from coordination.audit.models import AuditEvent
from tests.integration.web.conftest import House
from tests.passkeys import give_passkey
from tests.sign_in_server import CLIENT, CLIENT_SECRET, SignInServer

ANN = {"sub": "4711", "email": "Ann@Acme.example", "email_verified": True, "name": "Ann Chandler"}


@pytest.fixture
def server(settings: Any) -> Iterator[SignInServer]:
    with SignInServer().open() as server:
        env = {"OIDC_ISSUER": server.issuer, "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": CLIENT_SECRET}
        settings.SOCIALACCOUNT_PROVIDERS = environment.single_sign_on(env)
        yield server


@pytest.fixture
def ann(house: House) -> Membership:
    return add_member(house.organization, "ann", ["reviewer"], email="ann@acme.example")


def sign_in(client: Client, way: str = "") -> Any:
    """Go to the sign-in server by the link of the sign-in page, and come back with what it says."""
    page = client.get("/accounts/login/?next=/runs/").content.decode()
    link = page.split('href="/accounts/oidc/')[1].split('"')[0].replace("&amp;", "&")
    there = client.get(f"/accounts/oidc/{link}{way}")
    assert there.status_code == 302
    back = urlsplit(httpx.get(there["Location"]).headers["Location"])
    return client.get(f"{back.path}?{back.query}")


def records(kind: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=kind))


def test_an_invited_person_gets_in_and_to_the_page_they_asked_for(ann: Membership, server: SignInServer) -> None:
    server.person = ANN
    client = Client()
    back = sign_in(client)
    assert (back.status_code, back["Location"]) == (302, "/runs/")
    assert client.get("/runs/").status_code == 200
    assert sign_in_of(client.session) == SignIn.OIDC
    assert [one.object for one in records("IdentityLinked")] == ["user:ann"]


def test_nobody_is_made_a_member_by_signing_in(ann: Membership, server: SignInServer) -> None:
    server.person = {**ANN, "email": "eve@acme.example", "roles": ["admin"]}
    client = Client()
    back = sign_in(client)
    assert back.status_code == 403
    assert "Nobody here was invited as eve@acme.example" in back.content.decode()
    assert "_auth_user_id" not in client.session
    assert list(User.objects.values_list("username", flat=True)) == ["ann"]


def test_signing_in_changes_nobodys_roles_or_name(ann: Membership, server: SignInServer) -> None:
    server.person = {**ANN, "preferred_username": "root", "roles": ["admin"], "groups": ["lead"]}
    sign_in(Client())
    ann.refresh_from_db()
    assert (ann.roles, ann.groups, ann.user.username) == (["reviewer"], [], "ann")


@pytest.mark.parametrize("said", [{"email_verified": False}, {"email_verified": "true"}, {"email_verified": None}])
def test_an_address_that_the_server_does_not_vouch_for_is_nobodys(
    ann: Membership, server: SignInServer, said: dict[str, Any]
) -> None:
    server.person = {**ANN, **said}
    back = sign_in(Client())
    assert back.status_code == 403
    assert "no verified e-mail address" in back.content.decode()


def test_an_address_of_two_people_lets_neither_in(ann: Membership, server: SignInServer, house: House) -> None:
    other = add_member(house.organization, "anna", ["reviewer"])
    User.objects.filter(pk=other.user_id).update(email="ANN@acme.example")
    server.person = ANN
    assert sign_in(Client()).status_code == 403


@pytest.mark.parametrize("alike", ["\u212aim@acme.example", "k\u0131m@acme.example"])
def test_a_letter_that_only_looks_alike_is_another_address(house: House, server: SignInServer, alike: str) -> None:
    add_member(house.organization, "kim", ["admin"], email="kim@acme.example")
    server.person = {**ANN, "email": alike}
    assert sign_in(Client()).status_code == 403


def test_who_was_linked_is_found_again_under_a_new_address(ann: Membership, server: SignInServer) -> None:
    server.person = ANN
    sign_in(Client())
    server.person = {**ANN, "email": "ann.chandler@acme.example", "email_verified": False}
    assert sign_in(Client())["Location"] == "/runs/"
    assert len(records("IdentityLinked")) == 1


def test_who_was_dismissed_finds_nothing(ann: Membership, server: SignInServer) -> None:
    server.person = ANN
    sign_in(Client())
    ann.delete()
    client = Client()
    sign_in(client)
    assert client.get("/runs/").status_code == 403


def test_who_has_a_passkey_is_asked_for_it_after_single_sign_on_too(ann: Membership, server: SignInServer) -> None:
    give_passkey(ann.user)
    server.person = ANN
    client = Client()
    assert sign_in(client)["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


def test_a_token_of_another_issuer_or_client_is_refused(ann: Membership, server: SignInServer) -> None:
    server.person = ANN
    for claim in ({"iss": "https://elsewhere.example"}, {"aud": "another"}, {"exp": 1}):
        server.token_says = claim
        back = sign_in(Client())
        assert "did not say who you are" in back.content.decode(), claim
    assert not SocialAccount.objects.exists()


def test_a_profile_of_somebody_else_is_refused(ann: Membership, server: SignInServer) -> None:
    server.person, server.token_says = ANN, {"sub": "another"}
    back = sign_in(Client())
    assert back.status_code == 403
    assert "different people" in back.content.decode()


def test_a_session_takes_in_nobody_elses_identity(house: House, ann: Membership, server: SignInServer) -> None:
    client = house.enter("bob", "reviewer")
    client.logout()
    server.person = ANN
    back = sign_in(client, "&process=connect")
    assert back.status_code == 403
    assert not SocialAccount.objects.exists()


def test_an_answer_to_nobodys_question_is_refused(ann: Membership, server: SignInServer) -> None:
    server.person = ANN
    first = Client()
    page = first.get("/accounts/login/").content.decode()
    link = page.split('href="/accounts/oidc/')[1].split('"')[0].replace("&amp;", "&")
    back = urlsplit(httpx.get(first.get(f"/accounts/oidc/{link}")["Location"]).headers["Location"])
    # Another browser is lured to the answer.
    stranger = Client()
    stranger.get(f"{back.path}?{back.query}")
    assert "_auth_user_id" not in stranger.session


def test_who_stops_at_the_server_is_told_so(server: SignInServer, db: None) -> None:
    server.refuses = True
    client = Client()
    back = sign_in(client)
    assert "You stopped at the sign-in server" in client.get(back["Location"]).content.decode()


def test_a_server_that_is_away_is_told_so(ann: Membership, server: SignInServer) -> None:
    page = Client().get("/accounts/login/").content.decode()
    link = page.split('href="/accounts/oidc/')[1].split('"')[0].replace("&amp;", "&")
    server.is_away = True
    answer = Client().get(f"/accounts/oidc/{link}")
    assert answer.status_code == 502
    assert "did not say who you are" in answer.content.decode()


def test_without_a_server_the_page_offers_none(db: None) -> None:
    assert "/accounts/oidc/" not in Client().get("/accounts/login/").content.decode()
