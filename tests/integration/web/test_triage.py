"""The triage page: taking up, taking back, informing, judging by oneself, filtering, and what the card tells."""

from collections.abc import Callable

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest
from coordination.audit.models import AuditEvent
from tests.integration.web.conftest import House
from tests.working import let_answers_count


def say(client: Client, asked: ApprovalRequest, verdict: str, **more: object):
    said = {"verdict": verdict, "reason": "seen", "revision": asked.revision, **more}
    return client.post(f"/approvals/{asked.pk}/answer/", said, follow=True)


def fresh(asked: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=asked.pk)


def test_an_answer_is_shown_with_its_undo_and_then_with_what_came_of_it(house: House) -> None:
    asked = house.ask("First")
    client = house.enter("reviewer", "reviewer")
    page = say(client, asked, "approve")
    assert f'action="/approvals/{asked.pk}/undo/"' in page.content.decode()
    assert "Counts in five seconds." in page.content.decode()
    address = page.redirect_chain[-1][0]
    let_answers_count()
    later = client.get(address).content.decode()
    assert "Approved: " in later
    assert "/undo/" not in later


def test_undo_takes_the_answer_back_and_the_question_waits_again(house: House) -> None:
    asked = house.ask("First")
    client = house.enter("reviewer", "reviewer")
    say(client, asked, "approve")
    assert "1 waiting for you" not in client.get("/approvals/").content.decode()
    page = client.post(f"/approvals/{asked.pk}/undo/", follow=True).content.decode()
    assert "Taken back: " in page
    assert 'value="approve"' in page
    assert (fresh(asked).state, fresh(asked).held) == ("pending", None)


def test_undo_comes_too_late_in_words(house: House) -> None:
    asked = house.ask("First")
    client = house.enter("reviewer", "reviewer")
    say(client, asked, "approve")
    let_answers_count()
    page = client.post(f"/approvals/{asked.pk}/undo/", follow=True).content.decode()
    assert "It is too late to take this back" in page


def test_others_see_at_once_that_it_is_answered_and_are_refused_in_words(house: House) -> None:
    asked = house.ask("First")
    other = house.enter("second", "reviewer")
    say(house.enter("reviewer", "reviewer"), asked, "approve")
    assert "reviewer has just answered this." in other.get(f"/approvals/{asked.pk}/changed/?seen=1").content.decode()
    late = say(other, asked, "reject", reason="I object")
    assert late.status_code == 409
    assert "reviewer has just answered this" in late.content.decode()
    assert "I object" in late.content.decode()


def test_taking_a_question_up_keeps_others_off_until_it_is_let_go(house: House) -> None:
    asked = house.ask("First")
    mine, other = house.enter("reviewer", "reviewer"), house.enter("second", "reviewer")
    page = mine.post(f"/approvals/{asked.pk}/claim/", {"act": "claim"}, follow=True).content.decode()
    assert "You are working on this" in page
    assert "reviewer is working on this until" in other.get(f"/approvals/{asked.pk}/").content.decode()
    assert "reviewer is working on it" in other.get("/approvals/?show=team").content.decode()
    mine.post(f"/approvals/{asked.pk}/claim/", {"act": "let-go"})
    assert fresh(asked).claimed_by is None
    assert say(other, asked, "approve").status_code == 200


def test_a_person_answers_what_was_asked_back_on_the_page(house: House) -> None:
    asked = house.ask("First")
    reviewer = house.enter("reviewer", "reviewer")
    say(reviewer, asked, "request_info", reason="Which order?")
    manager = house.enter("manager", "manager")
    page = manager.get(f"/approvals/{asked.pk}/").content.decode()
    assert "Which order?" in page
    assert "Answer what was asked" in page
    assert 'name="text"' not in reviewer.get(f"/approvals/{asked.pk}/").content.decode()
    page = manager.post(f"/approvals/{asked.pk}/inform/", {"text": "Order 17."}, follow=True).content.decode()
    assert "Order 17." in page
    assert fresh(asked).state == "pending"


def test_an_admin_is_offered_to_break_the_glass_and_the_way_to_a_passkey(house: House) -> None:
    asked = house.ask("First")
    admin = house.enter("admin", "admin")
    page = admin.get(f"/approvals/{asked.pk}/").content.decode()
    assert "Approve alone, on record" in page
    assert "Confirm with your passkey" in page
    assert "Approve alone" not in house.enter("reviewer", "reviewer").get(f"/approvals/{asked.pk}/").content.decode()


def test_an_edit_is_shown_as_before_and_after(house: House) -> None:
    asked = house.ask(amount=5)
    client = house.enter("reviewer", "reviewer")
    say(client, asked, "edit", **{"editing": "1", "input.text": "Dear all", "input.amount": "3"})
    page = client.get(f"/approvals/{asked.pk}/").content.decode()
    assert '<del><span class="for-readers">before: </span>5</del>' in page
    assert "Revision 2, edited by reviewer" in page


def test_at_a_high_risk_nothing_of_what_others_think_is_on_the_page_before_ones_own_judgement(house: House) -> None:
    asked = house.ask("First")
    evidence = [{"title": "check", "text": "Nothing to object to", "score": 0.91, "agent": "checker"}]
    ApprovalRequest.objects.filter(pk=asked.pk).update(
        risk_band="high", evidence=evidence, confidence=0.93, agent="checker"
    )
    services.say(asked, SYSTEM, "All is well.")
    client = house.enter("reviewer", "reviewer")
    page = client.get(f"/approvals/{asked.pk}/").content.decode()
    assert "what do you think?" in page
    for hidden in ("Nothing to object to", "0.91", "93%", "All is well."):
        assert hidden not in page
    client.post(f"/approvals/{asked.pk}/own-judgement/", {"judgement": "approve", "revision": 1})
    page = client.get(f"/approvals/{asked.pk}/").content.decode()
    for shown in ("Nothing to object to", "0.91", "93%", "All is well."):
        assert shown in page


def test_the_card_says_how_sure_was_worth_what_and_how_similar_ones_went(house: House) -> None:
    first = house.ask("First")
    client = house.enter("reviewer", "reviewer")
    say(client, first, "approve")
    let_answers_count()
    second = house.ask("Second")
    page = client.get(f"/approvals/{second.pk}/").content.decode()
    assert "1 like this: 1 approved" in page
    assert "If nobody decides" in page
    assert "Any reviewer" in page


@pytest.mark.parametrize(
    ("query", "shown"), [("q=mail.send", True), ("q=nothing-like-it", False), ("risk=critical", False)]
)
def test_the_queue_is_filtered(house: House, query: str, shown: bool) -> None:
    house.ask("First")
    page = house.enter("reviewer", "reviewer").get(f"/approvals/?{query}").content.decode()
    assert ("asks-" in page) == shown
    assert ("Nothing fits" in page) != shown


def test_how_long_it_was_looked_at_is_kept_and_cannot_be_made_up(house: House) -> None:
    asked, other = house.ask("First"), house.ask("Second")
    client = house.enter("reviewer", "reviewer")
    page = client.get(f"/approvals/{asked.pk}/").content.decode()
    opened = page.split('name="opened" value="')[1].split('"')[0]
    say(client, asked, "reject", opened=opened, seen=["check"])
    say(client, other, "reject", opened=opened)
    let_answers_count()
    mine, forged = fresh(asked).decisions.get(), fresh(other).decisions.get()
    assert mine.dwell_ms is not None
    assert mine.evidence_opened == ["check"]
    assert forged.dwell_ms is None


def test_reading_one_question_costs_as_much_however_long_the_queue(
    house: House, queries: Callable[[Client, str], int]
) -> None:
    client = house.enter("reviewer", "reviewer")
    first = house.ask()
    for _ in range(3):
        house.ask()
    few = queries(client, f"/approvals/{first.pk}/")
    for _ in range(5):
        house.ask()
    assert queries(client, f"/approvals/{first.pk}/") == few


def test_every_step_of_it_is_on_record(house: House) -> None:
    asked = house.ask("First")
    client = house.enter("reviewer", "reviewer")
    client.post(f"/approvals/{asked.pk}/claim/", {"act": "claim"})
    client.post(f"/approvals/{asked.pk}/claim/", {"act": "let-go"})
    say(client, asked, "approve")
    client.post(f"/approvals/{asked.pk}/undo/")
    kinds = list(AuditEvent.objects.filter(object=f"approval:{asked.pk}").order_by("id").values_list("kind", flat=True))
    assert kinds == [
        "ApprovalAsked",
        "ApprovalClaimed",
        "ApprovalLetGo",
        "ApprovalAnswerHeld",
        "ApprovalAnswerTakenBack",
    ]
