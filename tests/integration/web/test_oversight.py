"""The pages on which people see how they judge, look again, and say how much of it is done."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest, Canary, OwnJudgement, SecondLook
from coordination.shared.clock import now
from tests.integration.web.conftest import House

LATER = timedelta(minutes=2)


@pytest.fixture
def asked(house: House) -> House:
    house.world.policy("ask", when="true", effect="require_approval", approval={"role": "reviewer"})
    services.change_terms(house.organization, {"second_looks": 1, "own_judgement_from": "low"}, SYSTEM)
    services.draw_decided(now())
    return house


def look_of(house: House) -> SecondLook:
    """Let ann approve something, and return the second look at it."""
    house.enter("ann", "reviewer")
    found = house.ask()
    services.decide(found, house.people["ann"], "approve", "It is fine by me.", 1)
    services.draw_decided(now() + LATER)
    return SecondLook.objects.get(request=found)


def test_a_second_look_is_blind_until_it_is_given(asked: House) -> None:
    look = look_of(asked)
    bob = asked.enter("bob", "reviewer")
    assert f"/approvals/second-looks/{look.pk}/" in bob.get("/approvals/second-looks/").content.decode()
    page = bob.get(f"/approvals/second-looks/{look.pk}/").content.decode()
    assert "What would you have decided?" in page
    assert "It is fine by me." not in page
    done = bob.post(f"/approvals/second-looks/{look.pk}/answer/", {"verdict": "approve"}, follow=True)
    assert "you say the same" in done.content.decode()
    assert "It is fine by me." in bob.get(f"/approvals/second-looks/{look.pk}/").content.decode()


def test_where_two_differ_a_lead_sees_both_and_settles_it(asked: House) -> None:
    look = look_of(asked)
    bob, cat = asked.enter("bob", "reviewer"), asked.enter("cat", "reviewer", groups=("lead",))
    address = f"/approvals/second-looks/{look.pk}/answer/"
    refused = bob.post(address, {"verdict": "reject"})
    assert (refused.status_code, "Please give a reason" in refused.content.decode()) == (422, True)
    bob.post(address, {"verdict": "reject", "reason": "It names the wrong order."})
    page = cat.get(f"/approvals/second-looks/{look.pk}/").content.decode()
    assert "It is fine by me." in page
    assert "It names the wrong order." in page
    cat.post(address, {"verdict": "reject", "reason": "Bob is right."})
    look.refresh_from_db()
    assert (look.state, look.third) == ("settled", "reject")


def test_whoever_decided_it_is_refused_in_words(asked: House) -> None:
    look = look_of(asked)
    ann = asked.enter("ann")
    page = ann.get(f"/approvals/second-looks/{look.pk}/").content.decode()
    assert "you had a part in it" in page
    assert ann.post(f"/approvals/second-looks/{look.pk}/answer/", {"verdict": "approve"}).status_code == 403


def test_a_reviewer_sees_their_own_figures_and_a_lead_everybodys(asked: House) -> None:
    ann, bob = asked.enter("ann", "reviewer"), asked.enter("bob", "reviewer", groups=("lead",))
    own = ann.get("/approvals/reviewers/").content.decode()
    assert '/approvals/reviewers/ann/"' in own
    assert '/approvals/reviewers/bob/"' not in own
    everybodys = bob.get("/approvals/reviewers/").content.decode()
    assert '/approvals/reviewers/ann/"' in everybodys
    assert ann.get("/approvals/reviewers/ann/").status_code == 200
    assert ann.get("/approvals/reviewers/bob/").status_code == 404
    assert bob.get("/approvals/reviewers/ann/").status_code == 200


def test_everybody_reads_what_is_practised_on_them(asked: House) -> None:
    ann = asked.enter("ann", "reviewer")
    assert "No exercises are put into the queue." in ann.get("/approvals/reviewers/").content.decode()
    services.change_terms(asked.organization, {"exercises": 0.02}, SYSTEM)
    assert "an exercise comes" in ann.get("/approvals/reviewers/").content.decode()


def test_ten_reviewers_cost_as_many_statements_as_twenty(asked: House, queries: Any) -> None:
    lead = asked.enter("lead", "reviewer", groups=("lead",))
    for n in range(10):
        asked.world.member(f"person-{n}", "reviewer")
    few = queries(lead, "/approvals/reviewers/")
    for n in range(10, 20):
        asked.world.member(f"person-{n}", "reviewer")
    assert queries(lead, "/approvals/reviewers/") == few


def test_ten_second_looks_cost_as_many_statements_as_twenty(asked: House, queries: Any) -> None:
    first = look_of(asked)
    bob = asked.enter("bob", "reviewer")
    for n in range(20):
        SecondLook.objects.create(
            organization=asked.organization, source=f"x:{n}", why="single", subject="guard:x", operation="x",
            risk_band="low", first="approve", request=first.request, created_at=now(), due_at=now() + LATER,
        )  # fmt: skip
        if n == 9:
            few = queries(bob, "/approvals/second-looks/")
    assert queries(bob, "/approvals/second-looks/") == few


def test_before_they_judged_the_page_tells_nobody_how_sure_the_agent_is_or_what_others_said(asked: House) -> None:
    asked.world.agent("planner", "propose")
    send = {"id": "send", "needs": ["plan"], "action": {"tool": "mail.send", "args": {"text": "hi"}}}
    asked.world.workflow({"id": "plan", "agent": {"name": "planner"}}, send)
    asked.world.policy("two", when="true", effect="require_approval", approval={"role": "reviewer", "n_required": 2})
    ann, bob = asked.enter("ann", "reviewer"), asked.enter("bob", "reviewer")
    run = asked.world.run({"text": "x"})
    found = ApprovalRequest.objects.get(subject=f"run:{run.pk}/step:send")
    ApprovalRequest.objects.filter(pk=found.pk).update(confidence=0.87, evidence=[{"title": "Sure", "score": 0.93}])
    services.decide(found, asked.people["ann"], "approve", "It is fine by me.", 1)
    secret = ("0.80", "0.87", "0.93", "It is fine by me.", "87 %", "87%", "1 of 2")
    before = bob.get(f"/approvals/{found.pk}/").content.decode()
    assert [text for text in secret if text in before] == []
    assert "First: what do you think?" in before
    bob.post(f"/approvals/{found.pk}/own-judgement/", {"judgement": "unsure", "revision": "1"})
    after = bob.get(f"/approvals/{found.pk}/").content.decode()
    assert "It is fine by me." in after
    assert "0.80" in after
    assert "First: what do you think?" not in after
    assert "First: what do you think?" not in ann.get(f"/approvals/{found.pk}/").content.decode()


def test_what_one_thinks_first_is_kept_from_the_question(asked: House) -> None:
    ann = asked.enter("ann", "reviewer")
    found = asked.ask()
    there = ann.post(f"/approvals/{found.pk}/own-judgement/", {"judgement": "reject", "revision": "1", "note": "Why?"})
    assert there.status_code == 302
    assert OwnJudgement.objects.get(request=found).judgement == "reject"
    again = ann.post(f"/approvals/{found.pk}/own-judgement/", {"judgement": "approve", "revision": "1"}, follow=True)
    assert "already" in again.content.decode()
    wrong = ann.post(f"/approvals/{found.pk}/own-judgement/", {"judgement": "maybe", "revision": "x"}, follow=True)
    assert wrong.status_code == 200


def test_an_admin_changes_the_numbers_and_nobody_else(asked: House) -> None:
    admin, ann = asked.enter("admin", "admin"), asked.enter("ann", "reviewer")
    given = {
        "own_judgement_from": "critical", "exercises": "0.015", "second_looks": "0.2", "second_looks_at_allowed": "0",
        "first_actions": "5", "look_within_days": "7", "quick_s": "3", "quick_in_a_row": "4", "reason": "To begin.",
    }  # fmt: skip
    assert admin.post("/approvals/settings/judgement/", given).status_code == 302
    page = ann.get("/approvals/settings/judgement/").content.decode()
    assert 'value="0.015"' in page
    assert "disabled" in page
    assert ann.post("/approvals/settings/judgement/", given).status_code == 403
    wrong = admin.post("/approvals/settings/judgement/", {**given, "exercises": "0.5", "quick_s": "soon"})
    assert wrong.status_code == 422
    assert wrong.content.decode().count('aria-invalid="true"') == 2


def test_an_admin_writes_an_exercise_and_puts_it_into_the_queue(asked: House) -> None:
    admin = asked.enter("admin", "admin")
    asked.ask()
    given = {
        "key": "wrong-name", "title": "Send Dear Bob", "operation": "mail.send", "parameters": 'text: "Dear Bob"',
        "evidence": "Sender | Ann | inbox", "confidence": "0.9", "risk_band": "", "lesson": "It was Ann who wrote.",
        "intent": "",
    }  # fmt: skip
    assert admin.post("/approvals/settings/exercises/new/", given).status_code == 302
    assert "wrong-name" in admin.get("/approvals/settings/exercises/").content.decode()
    assert "Dear Bob" in admin.get("/approvals/settings/exercises/wrong-name/").content.decode()
    admin.post("/approvals/settings/exercises/wrong-name/act/", {"act": "place"})
    placed = Canary.objects.get().request
    assert placed.parameters == {"text": "Dear Bob", "amount": 5}
    assert placed.evidence[0]["source"] == "inbox"
    admin.post("/approvals/settings/exercises/wrong-name/act/", {"act": "leave"})
    assert ">Use<" in admin.get("/approvals/settings/exercises/").content.decode()
    wrong = admin.post("/approvals/settings/exercises/new/", {**given, "key": "No Name", "parameters": "- a"})
    assert wrong.status_code == 422
    ann = asked.enter("ann", "reviewer")
    assert ann.get("/approvals/settings/exercises/").status_code == 403


def test_an_exercise_shows_nothing_that_tells_it_apart(asked: House) -> None:
    admin, ann = asked.enter("admin", "admin"), asked.enter("ann", "reviewer")
    asked.ask()
    given = {"title": "Send Dear Bob", "operation": "mail.send", "lesson": "It was Ann.", "key": "wrong-name"}
    admin.post("/approvals/settings/exercises/new/", given)
    services.place_exercise(asked.organization, "wrong-name")
    placed = Canary.objects.get().request
    page = ann.get(f"/approvals/{placed.pk}/").content.decode().lower()
    assert "send dear bob" in page
    assert "exercise" not in page
    assert "synthetic" not in page


def test_another_organization_sees_none_of_it(asked: House, other: House) -> None:
    look = look_of(asked)
    stranger = other.enter("stranger", "reviewer", "admin")
    assert stranger.get(f"/approvals/second-looks/{look.pk}/").status_code == 404
    assert stranger.get("/approvals/reviewers/ann/").status_code == 404
