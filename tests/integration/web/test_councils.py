"""Votes and negotiations in the browser: pictures, sealed words, and both cases side by side."""

from typing import Any

import pytest

from coordination.approvals.models import ApprovalRequest
from coordination.runs.models import Step
from tests.integration.web.conftest import House
from tests.working import work_off

SECRET = "0.271828"
VOTE = {
    "id": "judge",
    "vote": {"voters": [{"name": "ann"}, {"name": "ben"}], "rule": "unanimous", "options": ["a", "b", "c"]},
}
DEAL = {
    "id": "deal",
    "negotiate": {"protocol": "concession", "parties": [{"name": "buyer"}, {"name": "seller"}], "options": [1, 2, 3]},
}


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def torn(house: House) -> House:
    """Two agents who do not agree."""
    house.world.agent("ann", does="say_a")
    house.world.agent("ben", does="say_b")
    house.world.workflow(VOTE)
    return house


@pytest.fixture
def market(house: House) -> House:
    for name, values in (("buyer", {"1": 1.0, "2": 0.6, "3": 0.3}), ("seller", {"1": 0.3, "2": 0.6, "3": 1.0})):
        house.world.agent(name, does="tell_config", config={"values": values, "reservation": float(SECRET)})
    house.world.workflow(DEAL)
    return house


def conflict(house: House) -> ApprovalRequest:
    run = house.world.run({})
    return ApprovalRequest.objects.get(subject=f"run:{run.pk}/step:judge")


def test_both_cases_stand_side_by_side_with_what_each_agent_says(torn: House) -> None:
    asked = conflict(torn)
    page = text(torn.enter("rita", "reviewer").get(f"/approvals/{asked.pk}/cases/"))
    for said in ("Decide for a", "Decide for b", "Decide for c", "A is what the law says.", "Not all agree"):
        assert said in page, said
    assert page.index("Decide for a") < page.index("Decide for b") < page.index("Nobody spoke for these")


def test_looking_decides_nothing_and_a_choice_does(torn: House) -> None:
    asked = conflict(torn)
    client = torn.enter("rita", "reviewer")
    client.get(f"/approvals/{asked.pk}/cases/?choose=b&revision=1")
    client.head(f"/approvals/{asked.pk}/cases/")
    asked.refresh_from_db()
    assert asked.is_open
    done = client.post(f"/approvals/{asked.pk}/cases/", {"choose": "b", "reason": "Clear.", "revision": "1"})
    assert done.status_code == 302
    step = Step.objects.get(key="judge")
    work_off(step.run)
    step.refresh_from_db()
    assert (step.output["winner"], step.output["who"]) == ("b", "rita")
    assert client.get(f"/approvals/{asked.pk}/cases/").status_code == 302


def test_what_cannot_be_is_said_where_it_was_chosen(torn: House) -> None:
    asked = conflict(torn)
    client = torn.enter("rita", "reviewer")
    wrong = client.post(f"/approvals/{asked.pk}/cases/", {"choose": "z", "revision": "1", "reason": "kept"})
    assert (wrong.status_code, "choose one of a, b, c" in text(wrong), "kept" in text(wrong)) == (422, True, True)
    assert client.post(f"/approvals/{asked.pk}/cases/", {"choose": "a", "revision": "7"}).status_code == 422


def test_who_may_not_decide_sees_the_cases_without_a_button(torn: House) -> None:
    asked = conflict(torn)
    client = torn.enter("olga", "auditor")
    page = text(client.get(f"/approvals/{asked.pk}/cases/"))
    assert "A is what the law says." in page
    assert "Decide for" not in page
    client.post(f"/approvals/{asked.pk}/cases/", {"choose": "b", "revision": "1"})
    asked.refresh_from_db()
    assert asked.is_open


def test_the_queue_leads_to_the_cases(torn: House) -> None:
    asked = conflict(torn)
    assert f"/approvals/{asked.pk}/cases/" in text(torn.enter("rita", "reviewer").get(f"/approvals/{asked.pk}/"))


def test_a_question_without_cases_leads_to_its_own_page(house: House) -> None:
    house.world.policy("ask", when="true", effect="require_approval", approval={"role": "reviewer"})
    asked = house.ask()
    led = house.enter("rita", "reviewer").get(f"/approvals/{asked.pk}/cases/")
    assert (led.status_code, led.headers["Location"]) == (302, f"/approvals/{asked.pk}/")


def test_the_page_of_a_vote_shows_each_vote_and_every_rung(torn: House) -> None:
    run = torn.world.run({})
    page = text(torn.enter("mia", "manager").get(f"/runs/{run.pk}/?step=judge"))
    for said in ("2 of 2 voted, by unanimous rule", "Nothing settled it", "Vetoes", "A person"):
        assert said in page, said
    assert "successes" not in page


def test_offers_are_a_picture_with_a_table_and_sealed_words_are_for_few(market: House) -> None:
    run = market.world.run({})
    for path in (f"/runs/{run.pk}/?step=deal", f"/runs/{run.pk}/?step=deal%5B0%5D", f"/runs/{run.pk}/?at=6",
                 f"/runs/{run.pk}/?step=deal%5B0%5D&at=9"):  # fmt: skip
        assert SECRET not in text(market.enter("rita", "reviewer").get(path)), path
    page = text(market.enter("mia", "manager").get(f"/runs/{run.pk}/?step=deal"))
    assert 'class="line offer"' in page
    assert "gives way to" in page or "accepts" in page
    assert SECRET in page


def test_the_workflow_says_who_votes_and_what_happens_if_nobody_agrees(torn: House) -> None:
    page = text(torn.enter("ada", "admin").get("/workflows/flow/?step=judge"))
    assert "unanimous" in page
    assert "a person decides" in page
