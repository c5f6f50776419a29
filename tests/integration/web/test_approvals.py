"""Approvals in the browser: nothing is decided by looking, nothing typed is lost."""

from collections.abc import Callable

import pytest
from django.test import Client

from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest
from coordination.runs.models import Run
from tests.integration.web.conftest import House
from tests.working import let_answers_count


def say(client: Client, asked: ApprovalRequest, verdict: str, **more: object):
    said = {"verdict": verdict, "reason": "seen", "revision": asked.revision, **more}
    return client.post(f"/approvals/{asked.pk}/answer/", said)


def state(asked: ApprovalRequest) -> str:
    return ApprovalRequest.objects.get(pk=asked.pk).state


def test_the_queue_shows_its_first_question_with_what_would_happen(house: House) -> None:
    house.ask("Please refund me", amount=19.9)
    page = house.enter("reviewer", "reviewer").get("/approvals/").content.decode()
    assert "1 waiting for you" in page
    assert "Please refund me" in page
    assert "19.9" in page
    assert "mail.send is called once, with exactly these values." in page
    assert "It cannot be taken back." in page


def test_an_empty_queue_says_so(house: House) -> None:
    assert "Nothing waits for you" in house.enter("reviewer", "reviewer").get("/approvals/").content.decode()


def test_looking_decides_nothing(house: House) -> None:
    asked = house.ask()
    client = house.enter("reviewer", "reviewer")
    for path in ("", f"{asked.pk}/", f"{asked.pk}/changed/"):
        assert client.get(f"/approvals/{path}?verdict=approve&reason=x&revision=1").status_code == 200
        assert client.head(f"/approvals/{path}").status_code == 200
    assert client.get(f"/approvals/{asked.pk}/answer/", {"verdict": "approve", "revision": 1}).status_code == 405
    assert client.head(f"/approvals/{asked.pk}/answer/").status_code == 405
    assert state(asked) == "pending"


@pytest.mark.parametrize("role", ["manager", "admin", "auditor"])
def test_who_decides_nothing_sees_no_button_and_is_refused(house: House, role: str) -> None:
    asked = house.ask()
    client = house.enter(role, role)
    page = client.get(f"/approvals/{asked.pk}/").content.decode()
    assert "This request was not put to you" in page
    assert 'value="approve"' not in page
    assert say(client, asked, "approve").status_code == 403
    assert state(asked) == "pending"


def test_a_reviewer_who_is_not_asked_sees_why_and_is_refused(house: House) -> None:
    asked = house.ask()
    ApprovalRequest.objects.filter(pk=asked.pk).update(stage={**asked.stage, "group": "lead"})
    client = house.enter("reviewer", "reviewer")
    page = client.get(f"/approvals/{asked.pk}/").content.decode()
    assert "it was put to any reviewer of the group lead" in page
    assert 'name="verdict"' not in page
    answer = say(client, asked, "approve", reason="I would have said yes")
    assert answer.status_code == 403
    assert "I would have said yes" in answer.content.decode()


def test_another_organizations_question_is_not_found(house: House, other: House) -> None:
    asked = house.ask()
    stranger = other.enter("stranger", "reviewer")
    assert stranger.get(f"/approvals/{asked.pk}/").status_code == 404
    assert stranger.get(f"/approvals/{asked.pk}/changed/").status_code == 404
    assert say(stranger, asked, "approve").status_code == 404
    assert state(asked) == "pending"


def test_approving_lets_the_run_go_on_and_leads_to_the_next_question(house: House) -> None:
    first, second = house.ask("First"), house.ask("Second")
    answer = say(house.enter("reviewer", "reviewer"), first, "approve")
    assert answer.status_code == 302
    assert answer.url == f"/approvals/{second.pk}/?show=mine&said={first.pk}"
    let_answers_count()
    run = Run.objects.get(title="flow", pk=first.subject.split("/")[0].removeprefix("run:"))
    assert house.world.work(run).status == "succeeded"


def test_a_stale_answer_is_not_taken_and_the_reason_stays(house: House) -> None:
    asked = house.ask(amount=5)
    client = house.enter("reviewer", "reviewer")
    house.enter("second", "reviewer")
    services.decide(asked, house.people["second"], "edit", "less", 1, parameters={"text": "Dear all", "amount": 3})
    answer = say(client, asked, "approve", reason="Fine with me", revision=1)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "you saw revision 1, it is now 2" in page
    assert "Fine with me</textarea>" in page
    assert 'name="revision" value="2"' in page
    assert state(asked) == "pending"


def test_a_reader_is_told_that_the_question_changed(house: House) -> None:
    asked = house.ask()
    client = house.enter("reviewer", "reviewer")
    path = f"/approvals/{asked.pk}/changed/?seen=1"
    assert "Show it as it is now" not in client.get(path).content.decode()
    assert say(client, asked, "reject", reason="No").status_code == 302
    assert "You have just answered this." in client.get(path).content.decode()
    let_answers_count()
    assert "This was settled meanwhile: rejected." in client.get(path).content.decode()


@pytest.mark.parametrize("verdict", ["reject", "request_info"])
def test_no_without_a_reason_is_asked_for_one(house: House, verdict: str) -> None:
    asked = house.ask()
    answer = say(house.enter("reviewer", "reviewer"), asked, verdict, reason=" ")
    assert answer.status_code == 422
    assert "Please give a reason." in answer.content.decode()
    assert state(asked) == "pending"


def test_edit_first_offers_the_values_and_keeps_the_reason(house: House) -> None:
    asked = house.ask(amount=5)
    answer = say(house.enter("reviewer", "reviewer"), asked, "edit", reason="Too much")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="input.amount"' in page
    assert "Too much</textarea>" in page
    assert ApprovalRequest.objects.get(pk=asked.pk).revision == 1


def test_an_edit_is_checked_by_the_tools_schema_beside_the_field(house: House) -> None:
    asked = house.ask(amount=5)
    client = house.enter("reviewer", "reviewer")
    values = {"editing": "1", "input.text": "Dear all", "input.amount": "-3"}
    answer = say(client, asked, "edit", **values)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="field-amount-wrong"' in page
    assert 'value="-3"' in page
    assert say(client, asked, "edit", **{**values, "input.amount": "3"}).status_code == 302
    edited = ApprovalRequest.objects.get(pk=asked.pk)
    assert (edited.revision, edited.parameters["amount"]) == (2, 3)


def test_who_edited_may_reject_but_sees_no_approve(house: House) -> None:
    asked = house.ask(amount=5)
    client = house.enter("reviewer", "reviewer")
    say(client, asked, "edit", **{"editing": "1", "input.text": "Dear all", "input.amount": "3"})
    page = client.get(f"/approvals/{asked.pk}/").content.decode()
    assert 'value="approve"' not in page
    assert 'value="reject"' in page
    assert "You edited this revision, so someone else must approve it." in page


def test_questions_are_handed_on_and_up(house: House) -> None:
    asked = house.ask()
    client = house.enter("reviewer", "reviewer")
    house.enter("lead", "reviewer", groups=("lead",))
    house.enter("manager", "manager")
    assert 'value="lead"' not in house.enter("manager").get(f"/approvals/{asked.pk}/").content.decode()
    assert say(client, asked, "delegate", to="lead").status_code == 302
    assert say(client, asked, "delegate", to="manager").status_code == 422
    assert say(client, asked, "escalate").status_code == 302
    assert ApprovalRequest.objects.get(pk=asked.pk).stage["group"] == "lead"


def test_an_unknown_verdict_is_refused_in_a_sentence(house: House) -> None:
    asked = house.ask()
    answer = say(house.enter("reviewer", "reviewer"), asked, "maybe")
    assert answer.status_code == 422
    assert "There is no verdict maybe" in answer.content.decode()


def test_more_questions_ask_the_database_no_more(house: House, queries: Callable[[Client, str], int]) -> None:
    client = house.enter("reviewer", "reviewer")
    for _ in range(3):
        house.ask()
    few = queries(client, "/approvals/")
    for _ in range(5):
        house.ask()
    assert queries(client, "/approvals/") == few
    assert queries(client, "/approvals/?show=team") == few
