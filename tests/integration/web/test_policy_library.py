"""The library of policies in the browser."""

from collections.abc import Callable

from django.test import Client

from coordination.policies.library import TOPICS, entries
from coordination.policies.models import Policy
from coordination.policies.services.installing import install
from tests.integration.policies.rules import EDITOR
from tests.integration.web.conftest import House

LIBRARY = "/policy-library/"


def test_the_library_shows_every_policy_under_its_topic(house: House) -> None:
    page = house.enter("manager", "manager").get(LIBRARY).content.decode()

    for entry in entries():
        assert f'href="{LIBRARY}{entry.name}/"' in page
    for title in TOPICS.values():
        assert f"<h2>{title}</h2>" in page


def test_the_list_of_policies_leads_to_the_library(house: House) -> None:
    assert f'href="{LIBRARY}"' in house.enter("manager", "manager").get("/policies/").content.decode()


def test_topics_and_frameworks_narrow_the_list(house: House) -> None:
    client = house.enter("manager", "manager")

    page = client.get(f"{LIBRARY}?topic=spending&framework=OWASP").content.decode()
    assert "spend-per-day" in page
    assert "costly-calls" not in page
    assert "classified-data" not in page
    assert f'href="{LIBRARY}?framework=OWASP"' in page
    assert client.get(f"{LIBRARY}?topic=weather&framework=x").status_code == 200


def test_one_policy_shows_its_rules_with_their_values_and_its_tests_with_what_came_of_them(house: House) -> None:
    page = house.enter("manager", "manager").get(f"{LIBRARY}spend-per-action/").content.decode()

    assert "An action that moves more than <u>$100</u> is decided by a person." in page
    assert "250 dollars are asked about" in page
    assert (page.count("holds</span>"), page.count("does not hold</span>"), page.count("fails</span>")) == (3, 3, 0)
    assert "<b>1000</b>" in page
    assert "a reviewer decides" in page
    assert "People can watch the system" in page
    assert "install/" not in page


def test_a_policy_is_taken_as_a_draft_and_shown(house: House) -> None:
    client = house.enter("admin", "admin")
    form = client.get(f"{LIBRARY}spend-per-action/").content.decode()
    assert 'value="spend-per-action"' in form

    answer = client.post(f"{LIBRARY}spend-per-action/install/", {"name": "limits", "owner": "finance"})

    assert answer.url == "/policies/limits/?version=1"
    page = client.get(answer.url).content.decode()
    assert "v1 draft" in page
    assert Policy.objects.get(name="limits").enforced is None
    assert 'href="/policies/limits/"' in client.get(f"{LIBRARY}spend-per-action/").content.decode()
    assert "Taken" in client.get(f"{LIBRARY}?topic=spending").content.decode()


def test_a_name_that_is_taken_or_none_is_said_beside_its_field(house: House) -> None:
    install(house.organization, "spend-per-action", EDITOR)
    client = house.enter("admin", "admin")

    for name, says in (("spend-per-action", "There is a policy named spend-per-action already"), ("A b", "lower-case")):
        answer = client.post(f"{LIBRARY}spend-per-action/install/", {"name": name, "owner": "finance"})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert says in page.partition('id="field-name-wrong"')[2].partition("</span>")[0]
        assert 'value="finance"' in page
    assert Policy.objects.count() == 1


def test_what_is_not_there_is_not_found_and_who_may_not_edit_takes_nothing(house: House) -> None:
    client = house.enter("manager", "manager")

    assert client.get(f"{LIBRARY}nothing/").status_code == 404
    assert client.post(f"{LIBRARY}spend-per-action/install/", {}).status_code == 403
    assert house.enter("admin", "admin").get(f"{LIBRARY}spend-per-action/install/").status_code == 405
    assert not Policy.objects.exists()


def test_the_library_costs_the_same_however_much_was_taken(house: House, queries: Callable[[Client, str], int]) -> None:
    client = house.enter("manager", "manager")
    before = queries(client, LIBRARY)
    for entry in entries()[:10]:
        install(house.organization, entry.name, EDITOR)

    assert queries(client, LIBRARY) == before
