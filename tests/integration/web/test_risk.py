"""The pages about risk."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import User
from coordination.engine.trust.tables import DEFAULT
from coordination.insights.services import collect_outcomes
from coordination.policies.models import PolicyDecision
from coordination.risk.models import Outcome, RegisteredRisk, TablesVersion
from coordination.risk.services import register_risk
from coordination.shared.clock import now
from coordination.web.forms.risk import typed_of_tables
from tests.integration.risk.conftest import ASK, STEPS, value
from tests.integration.runs.conftest import World, make_world

TODAY = now().date()
SPEC: dict[str, Any] = {
    "about_kind": "agent",
    "about_name": "writer",
    "title": "It sends to the wrong people",
    "owner": "admin",
    "likelihood": 4,
    "impact": 4,
    "residual_likelihood": 2,
    "residual_impact": 3,
    "treatment": "mitigate",
    "review_on": (TODAY + timedelta(days=30)).isoformat(),
}


@pytest.fixture
def world(db: None, settings: Any) -> World:
    made = make_world(settings)
    made.member("admin", "admin")
    made.policy("calm", when="true", effect="allow")
    made.agent("writer", "propose")
    made.policy("limit", **ASK)
    made.workflow(*STEPS)
    return made


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="admin"))
    return client


@pytest.fixture
def manager(world: World) -> Client:
    client = Client()
    client.force_login(world.member("manager", "manager").user)
    return client


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_first_page_says_how_agents_did_and_what_came_of_what_was_scored(world: World, admin: Client) -> None:
    world.run(value())
    collect_outcomes()
    shown = text(admin.get("/risk/"))
    assert "writer" in shown
    assert "too few to rely on" in shown
    assert "too few to say: 1 of 20" in shown


def test_every_page_about_risk_opens_while_there_is_nothing(admin: Client) -> None:
    for path in ("/risk/", "/risk/calibration/", "/risk/tables/", "/risk/register/", "/risk/portfolio/"):
        assert admin.get(path).status_code == 200


def test_calibration_says_when_there_is_too_little_to_say_anything(world: World, admin: Client) -> None:
    world.run(value())
    collect_outcomes()
    shown = text(admin.get("/risk/calibration/"))
    assert "Insufficient: 1 case, 0 of which went wrong." in shown
    assert "Brier score</dt><dd><b>—</b>" in shown


def test_calibration_draws_what_was_said_against_what_happened(world: World, admin: Client) -> None:
    world.run(value())
    collect_outcomes()
    like = Outcome.objects.get(kind="act")
    Outcome.objects.all().delete()
    for number in range(200):
        like.pk, like._state.adding, like.source = None, True, str(number)
        like.pk = Outcome._meta.pk.get_default()
        like.likelihood, like.is_wrong = 0.25, number % 4 == 0
        like.save()
    shown = text(admin.get("/risk/calibration/"))
    assert "Fits on the whole: said 25 % on average, 25 % went wrong" in shown
    assert '<circle cx="60.0" cy="180.0"' in shown


def test_a_run_shows_why_its_riskiest_action_scored_as_it_did(world: World, admin: Client) -> None:
    run = world.run(value(90))
    shown = text(admin.get(f"/runs/{run.pk}/"))
    assert f'{run.risk}</b><span class="sub">of 100' in shown
    assert "New <b>+" in shown
    in_full = text(admin.get(f"/runs/{run.pk}/risk/"))
    assert "writer has rarely done this" in in_full
    assert "internal data" in in_full


def test_the_question_and_the_decision_show_what_raises_the_score(world: World, admin: Client) -> None:
    world.run(value(500))
    assert "it moves 500" in text(admin.get("/approvals/?show=team"))
    decision = PolicyDecision.objects.get(hook="action")
    assert "it moves 500" in text(admin.get(f"/decisions/{decision.pk}/"))


def test_a_person_marks_an_action_wrong_and_the_page_says_who(world: World, admin: Client, manager: Client) -> None:
    run = world.run(value())
    posted = {"step": "send", "verdict": "wrong", "reason": "It was sent to somebody else."}
    assert manager.post(f"/runs/{run.pk}/risk/mark/", posted).status_code == 403
    assert admin.post(f"/runs/{run.pk}/risk/mark/", posted).status_code == 302
    shown = text(admin.get(f"/runs/{run.pk}/risk/"))
    assert "admin marked it wrong: “It was sent to somebody else.”" in shown
    assert f'href="/runs/{run.pk}/?tab=steps&amp;step=think' in shown
    assert admin.post(f"/runs/{run.pk}/risk/mark/", {"step": "send"}).status_code == 422


def test_an_admin_changes_the_tables_and_sees_what_is_wrong_beside_the_field(world: World, admin: Client) -> None:
    typed = typed_of_tables(DEFAULT)
    wrong = admin.post("/risk/tables/", typed | {"weights.novelty": "0.9"})
    assert wrong.status_code == 422
    assert "The five weights must make 1 together" in text(wrong)
    assert 'value="0.9"' in text(wrong)
    right = typed | {"weights.novelty": "0.3", "weights.tainted": "0", "reason": "Nobody reads strangers’ mail."}
    assert admin.post("/risk/tables/", right).status_code == 302
    assert TablesVersion.objects.get().spec["weights"]["novelty"] == 0.3
    assert "Nobody reads strangers’ mail." in text(admin.get("/risk/tables/"))
    assert admin.post("/risk/tables/reset/").status_code == 302
    assert TablesVersion.objects.latest("number").spec == DEFAULT.model_dump(mode="json")


def test_who_may_not_change_the_tables_can_read_them(world: World, manager: Client) -> None:
    assert "disabled" in text(manager.get("/risk/tables/"))
    assert manager.post("/risk/tables/", typed_of_tables(DEFAULT)).status_code == 403
    assert not TablesVersion.objects.exists()


def test_a_risk_is_written_down_changed_reviewed_and_closed(world: World, admin: Client) -> None:
    typed = {name: str(said) for name, said in SPEC.items()}
    made = admin.post("/risk/register/new/", typed)
    risk = RegisteredRisk.objects.get()
    assert made.headers["Location"] == f"/risk/register/{risk.pk}/"
    assert admin.post(f"/risk/register/{risk.pk}/edit/", typed | {"impact": "5"}).status_code == 302
    review = {"residual_likelihood": "1", "residual_impact": "1", "next_on": "2030-01-01", "note": "Rules hold."}
    assert admin.post(f"/risk/register/{risk.pk}/review/", review).status_code == 302
    shown = text(admin.get(f"/risk/register/{risk.pk}/"))
    assert "Low 1" in shown
    assert "Rules hold. Next on 2030-01-01." in shown
    assert "1 Jan 2030" in shown
    assert admin.post(f"/risk/register/{risk.pk}/close/", {"reason": "It is gone."}).status_code == 302
    assert SPEC["title"] not in text(admin.get("/risk/register/"))
    assert SPEC["title"] in text(admin.get("/risk/register/?show=closed"))
    assert admin.post(f"/risk/register/{risk.pk}/reopen/").status_code == 302


def test_what_is_wrong_with_a_risk_is_said_beside_its_field(world: World, admin: Client) -> None:
    typed = {name: str(said) for name, said in SPEC.items()}
    answer = admin.post("/risk/register/new/", typed | {"owner": "nobody", "title": "Kept"})
    assert answer.status_code == 422
    assert "There is no member nobody" in text(answer)
    assert 'value="Kept"' in text(answer)
    for odd in (
        {"review_on": "soon"},
        {"likelihood": ""},
        {"residual_likelihood": "5", "residual_impact": "5"},
        {"about_name": "no.such"},
    ):
        assert admin.post("/risk/register/new/", typed | odd).status_code == 422
    assert not RegisteredRisk.objects.exists()


def test_a_risk_that_nobody_looked_at_in_time_is_overdue(world: World, admin: Client) -> None:
    register_risk(world.organization, {**SPEC, "review_on": (TODAY - timedelta(days=1)).isoformat()}, SYSTEM)
    assert "overdue" in text(admin.get("/risk/register/?show=overdue"))
    assert SPEC["title"] in text(admin.get("/risk/register/?show=overdue"))
    assert "look at them again" in text(admin.get("/risk/"))


def test_a_year_is_drawn_from_risks_with_ranges(world: World, admin: Client) -> None:
    ranges = {"frequency": {"low": 1, "likely": 1, "high": 1}, "magnitude": {"low": 100, "likely": 100, "high": 100}}
    register_risk(world.organization, {**SPEC, **ranges}, SYSTEM)
    shown = text(admin.get("/risk/portfolio/"))
    assert "annualized loss expectancy" in shown
    assert SPEC["title"] in shown


def test_who_may_not_edit_sees_no_buttons_and_is_refused(world: World, manager: Client) -> None:
    risk = register_risk(world.organization, SPEC, SYSTEM)
    assert "New risk" not in text(manager.get("/risk/register/"))
    assert "I looked at it" not in text(manager.get(f"/risk/register/{risk.pk}/"))
    assert manager.post(f"/risk/register/{risk.pk}/close/").status_code == 403


def test_bands_that_an_admin_moved_colour_the_runs(world: World, admin: Client) -> None:
    run = world.run(value(90))
    shown = text(admin.get("/runs/"))
    assert 'tone-bad" title="Risk' not in shown
    typed = typed_of_tables(DEFAULT) | {"bands.medium": "1", "bands.high": "2", "bands.critical": "3"}
    admin.post("/risk/tables/", typed)
    assert f'tone-bad" title="Risk {run.risk} of 100"' in text(admin.get("/runs/"))
