"""The people of an organization, and adding one."""

from collections.abc import Callable

import pytest
from django.test import Client

from coordination.accounts.models import User
from coordination.audit.models import AuditEvent
from tests.integration.web.conftest import House
from tests.passkeys import give_passkey

NEW = {"username": "ida", "email": "ida@acme.example", "role_reviewer": "on", "groups": "finance, lead"}


def test_the_list_says_who_has_a_passkey_and_nobody_of_another_organization(house: House, other: House) -> None:
    client = house.enter("ann", "reviewer")
    house.enter("bob", "manager")
    other.enter("eve", "admin")
    give_passkey(house.people["bob"].user, "Secret drawer")
    page = client.get("/people/").content.decode()
    bob = page.split("<td><b>bob</b>")[1].split("</tr>")[0]
    ann = page.split("<td><b>ann</b>")[1].split("</tr>")[0]
    assert "Passkey" in bob
    assert "no passkey" in ann
    assert "eve" not in page
    # Not more than that.
    assert "Secret drawer" not in page


def test_only_admins_see_addresses_and_the_button(house: House) -> None:
    house.enter("ann", "reviewer")
    User.objects.filter(username="ann").update(email="ann@acme.example")
    assert "ann@acme.example" not in house.enter("bob", "manager").get("/people/").content.decode()
    page = house.enter("root", "admin").get("/people/").content.decode()
    assert "ann@acme.example" in page
    assert "/people/new/" in page
    assert house.enter("bob").post("/people/new/", NEW).status_code == 403


def test_an_admin_adds_somebody_who_then_stands_in_the_record(house: House) -> None:
    client = house.enter("root", "admin")
    assert client.get("/people/new/").status_code == 200
    assert client.post("/people/new/", NEW)["Location"] == "/people/"
    ida = User.objects.get(username="ida")
    assert (ida.email, ida.has_usable_password()) == ("ida@acme.example", False)
    member = ida.memberships.get()
    assert (member.roles, member.groups) == (["reviewer"], ["finance", "lead"])
    assert AuditEvent.objects.filter(kind="MemberAdded", object="user:ida", actor="user:root").count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"username": "a b"}, "Write 1 to 150 letters"),
        ({"email": "ida"}, "Enter a valid email address"),
        ({"email": ""}, "Enter a valid email address"),
        ({"role_reviewer": ""}, "Choose at least one role"),
        ({"email": "ROOT@acme.example"}, "Another person has the address"),
        ({"username": "root"}, "is a member already"),
    ],
)
def test_what_cannot_be_taken_is_said_where_it_was_typed(house: House, typed: dict[str, str], said: str) -> None:
    client = house.enter("root", "admin")
    User.objects.filter(username="root").update(email="root@acme.example")
    answer = client.post("/people/new/", {**NEW, **typed})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not User.objects.filter(username="ida").exists()


def test_nobody_changes_the_address_of_somebody_others_know_already(house: House, other: House) -> None:
    house.enter("ann", "reviewer")
    User.objects.filter(username="ann").update(email="ann@acme.example")
    typed = {**NEW, "username": "ann", "email": "mallory@globex.example"}
    assert other.enter("mallory", "admin").post("/people/new/", typed).status_code == 302
    assert User.objects.get(username="ann").email == "ann@acme.example"


def test_the_list_asks_the_database_as_often_for_twenty_as_for_ten(
    house: House, queries: Callable[[Client, str], int]
) -> None:
    client = house.enter("ann", "reviewer")

    def add(some: range) -> None:
        for one in some:
            house.enter(f"p{one:02}", "reviewer")
            give_passkey(house.people[f"p{one:02}"].user)

    add(range(9))
    few = queries(client, "/people/")
    add(range(9, 19))
    assert queries(client, "/people/") == few
