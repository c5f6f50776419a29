"""Answering several questions together: only like ones, not without opening some, and each on record by itself."""

import pytest
from django.test import Client

from coordination.approvals.models import ApprovalDecision, ApprovalRequest
from coordination.approvals.together import n_to_open
from tests.integration.web.conftest import House
from tests.working import let_answers_count


@pytest.fixture
def client(house: House) -> Client:
    return house.enter("reviewer", "reviewer")


def choose(client: Client, asked: list[ApprovalRequest]):
    return client.post("/approvals/together/", {"chosen": [str(one.pk) for one in asked]}, follow=True)


def hidden(page: str, name: str) -> str:
    """Return what the form beside the opened question holds."""
    pane = page.split('id="pane"')[1]
    return pane.split(f'name="{name}" value="')[1].split('"')[0]


def open_all(client: Client) -> int:
    """Open what chance has drawn, one after the other; return how many that were."""
    for n in range(60):
        page = client.get("/approvals/together/").content.decode()
        if 'id="pane"' not in page:
            return n
        one = {"act": "opened", "request": hidden(page, "request"), "opened": hidden(page, "opened")}
        client.post("/approvals/together/", one)
    raise AssertionError("it never ends")


@pytest.mark.parametrize(("n", "opened"), [(2, 2), (4, 2), (5, 3), (9, 3), (17, 5), (50, 5)])
def test_of_n_questions_the_root_of_n_is_opened_and_at_most_five(n: int, opened: int) -> None:
    assert n_to_open(n) == opened


def test_each_gets_a_decision_and_a_record_of_its_own(house: House, client: Client) -> None:
    asked = [house.ask(f"Number {n}") for n in range(5)]
    choose(client, asked)
    assert open_all(client) == 3
    page = client.post("/approvals/together/", {"act": "approve"}, follow=True).content.decode()
    assert "Approved: 5 questions together" in page
    assert let_answers_count() == 5
    decisions = ApprovalDecision.objects.all()
    assert {one.request_id for one in decisions} == {one.pk for one in asked}
    assert {one.reason_code for one in decisions} == {"together"}
    assert sum(bool(one.evidence_opened) for one in decisions) == 3


def test_nothing_is_answered_before_the_drawn_ones_are_opened(house: House, client: Client) -> None:
    choose(client, [house.ask(f"Number {n}") for n in range(5)])
    answer = client.post("/approvals/together/", {"act": "approve"})
    assert answer.status_code == 409
    assert "Open those first that chance has drawn." in answer.content.decode()
    assert not ApprovalRequest.objects.exclude(held=None).exists()


def test_a_question_that_was_never_shown_does_not_count_as_opened(house: House, client: Client) -> None:
    choose(client, [house.ask(f"Number {n}") for n in range(2)])
    page = client.get("/approvals/together/").content.decode()
    client.post("/approvals/together/", {"act": "opened", "request": hidden(page, "request"), "opened": "made up"})
    assert client.post("/approvals/together/", {"act": "approve"}).status_code == 409


def test_all_of_them_are_taken_back_at_once(house: House, client: Client) -> None:
    choose(client, [house.ask(f"Number {n}") for n in range(3)])
    open_all(client)
    page = client.post("/approvals/together/", {"act": "approve"}, follow=True).content.decode()
    batch = page.split('name="batch" value="')[1].split('"')[0]
    assert (
        "Taken back: 3 answers."
        in client.post("/approvals/together/undo/", {"batch": batch}, follow=True).content.decode()
    )
    assert let_answers_count() == 0
    assert not ApprovalDecision.objects.exists()


def test_what_is_taken_out_is_not_answered_and_another_is_drawn_instead(house: House, client: Client) -> None:
    asked = [house.ask(f"Number {n}") for n in range(5)]
    choose(client, asked)
    page = client.get("/approvals/together/").content.decode()
    out = hidden(page, "request")
    client.post("/approvals/together/", {"act": "out", "request": out})
    assert open_all(client) == n_to_open(4)
    client.post("/approvals/together/", {"act": "approve"})
    let_answers_count()
    assert ApprovalDecision.objects.count() == 4
    assert str(ApprovalRequest.objects.get(state="pending").pk) == out


def test_a_refusal_of_all_needs_a_reason(house: House, client: Client) -> None:
    choose(client, [house.ask(f"Number {n}") for n in range(2)])
    open_all(client)
    answer = client.post("/approvals/together/", {"act": "reject"})
    assert answer.status_code == 422
    assert "Please give a reason." in answer.content.decode()


def test_high_risk_other_rules_and_too_few_are_refused_in_words(house: House, client: Client) -> None:
    first, second = house.ask("First"), house.ask("Second")
    assert "Choose two questions or more." in choose(client, [first]).content.decode()
    ApprovalRequest.objects.filter(pk=second.pk).update(risk_band="high")
    assert "is answered one by one" in choose(client, [first, second]).content.decode()
    ApprovalRequest.objects.filter(pk=second.pk).update(
        risk_band="low", reasons=[{"policy": "other", "rule": "rule", "version": 1}]
    )
    assert "the same rules ask" in choose(client, [first, second]).content.decode()


def test_what_somebody_else_settled_meanwhile_is_left_out(house: House, client: Client) -> None:
    asked = [house.ask(f"Number {n}") for n in range(4)]
    choose(client, asked)
    open_all(client)
    ApprovalRequest.objects.filter(pk=asked[0].pk).update(state="cancelled")
    open_all(client)
    client.post("/approvals/together/", {"act": "approve"})
    assert let_answers_count() == 3


def test_another_organizations_questions_cannot_be_chosen(house: House, other: House, client: Client) -> None:
    asked = [house.ask("First"), house.ask("Second")]
    stranger = other.enter("stranger", "reviewer")
    assert "Choose two questions or more." in choose(stranger, asked).content.decode()


def test_looking_decides_nothing(house: House, client: Client) -> None:
    choose(client, [house.ask("First"), house.ask("Second")])
    open_all(client)
    assert client.get("/approvals/together/?act=approve").status_code == 200
    assert client.head("/approvals/together/?act=approve").status_code == 200
    assert not ApprovalRequest.objects.exclude(held=None).exists()
