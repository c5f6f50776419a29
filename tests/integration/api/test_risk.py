"""Risk through the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.engine.trust.tables import DEFAULT
from coordination.insights.services import collect_outcomes
from coordination.runs.models import Run
from coordination.shared.clock import now
from tests.integration.api.support import Caller

SPEC: dict[str, Any] = {
    "about_kind": "agent",
    "about_name": "echo",
    "title": "It says what it heard",
    "owner": "admin",
    "likelihood": 4,
    "impact": 4,
    "residual_likelihood": 2,
    "residual_impact": 3,
    "review_on": (now().date() + timedelta(days=30)).isoformat(),
}


def test_tables_are_read_changed_and_reset_and_each_version_is_kept(admin: Caller, manager: Caller) -> None:
    assert manager.get("risk/tables/").json() == {"version": 0, "tables": DEFAULT.model_dump(mode="json")}
    changed = admin.put("risk/tables/", {"tables": {"money_worst": 50}, "reason": "Small amounts matter."})
    assert changed.status_code == 200, changed.content
    assert changed.json()["tables"]["money_worst"] == 50
    assert manager.put("risk/tables/", {"tables": {}}).status_code == 403
    assert admin.delete("risk/tables/").json()["version"] == 2
    versions = manager.get("risk/tables/versions/").json()["results"]
    assert [(one["version"], one["reason"]) for one in versions] == [
        (2, "Back to the defaults."),
        (1, "Small amounts matter."),
    ]
    told = AuditEvent.objects.filter(kind="RiskTablesChanged").order_by("id").first()
    assert told is not None
    assert told.data["changed"] == {"money_worst": {"from": 1000, "to": 50}}


@pytest.mark.parametrize(
    ("tables", "pointer"),
    [
        ({"weights": {"reliability": 1}}, "/weights"),
        ({"bands": {"high": 10}}, "/bands"),
        ({"mony_worst": 5}, "/mony_worst"),
        ({"base": 2}, "/base"),
    ],
)
def test_tables_that_make_no_sense_are_refused_with_the_place(
    admin: Caller, tables: dict[str, Any], pointer: str
) -> None:
    refused = admin.put("risk/tables/", {"tables": tables})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


def test_a_run_tells_how_its_actions_were_scored_and_what_came_of_them(
    admin: Caller, manager: Caller, work: Callable[[str], Run]
) -> None:
    run_id = manager.start().json()["id"]
    work(run_id)
    said = manager.get(f"runs/{run_id}/risk/").json()
    (action,) = said["actions"]
    assert (action["action"], action["score"], action["band"]) == ("mail.send", said["score"], said["band"])
    assert action["parts"]["data"] > 0
    assert manager.get(f"runs/{run_id}/").json()["risk"] == said["score"]


def test_an_agents_reliability_has_its_interval_and_how_much_it_rests_on(
    acme: Organization, admin: Caller, manager: Caller, work: Callable[[str], Run]
) -> None:
    assert manager.get("agents/echo/reliability/").json() == {"agent": "echo", "version": 1, "records": []}
    run_id = manager.start().json()["id"]
    work(run_id)
    manager.post(f"runs/{run_id}/cancel/", {"reason": "Enough."})
    collect_outcomes()
    first, *_ = manager.get("agents/echo/reliability/").json()["records"]
    assert (first["capability"], first["n"]) == ("*", 1)
    assert first["lower"] < first["mean"] < first["interval"][1] == 1
    assert manager.get("agents/nobody/reliability/").status_code == 404


def test_an_outcome_is_marked_by_who_decides_approvals(
    admin: Caller, manager: Caller, work: Callable[[str], Run]
) -> None:
    run_id = manager.start().json()["id"]
    work(run_id)
    manager.post(f"runs/{run_id}/cancel/", {"reason": "Enough."})
    step = manager.get(f"runs/{run_id}/").json()["steps"][0]["id"]
    path = f"runs/{run_id}/steps/{step}/mark/"
    assert manager.post(path, {"wrong": True}).status_code == 403
    marked = admin.post(path, {"wrong": True, "reason": "No."})
    assert marked.status_code == 200, marked.content
    assert (marked.json()["is_wrong"], marked.json()["marked_by"]) == (True, "admin")
    (listed,) = manager.get(f"risk/outcomes/?run={run_id}&wrong=true").json()["results"]
    assert listed["why"] == "marked"
    assert admin.post(f"runs/{run_id}/steps/nothing/mark/", {"wrong": True}).json()["code"] == "outcome-unknown"


def test_calibration_says_when_it_is_not_enough(manager: Caller) -> None:
    for what in ("likelihood", "confidence"):
        said = manager.get(f"risk/calibration/?what={what}").json()
        assert (said["what"], said["n"], said["is_enough"], said["days"]) == (what, 0, False, 90)
    assert manager.get("risk/calibration/?what=luck").status_code == 422


def test_a_risk_is_registered_changed_reviewed_closed_and_opened_again(admin: Caller, manager: Caller) -> None:
    made = admin.post("risk/register/", SPEC)
    assert made.status_code == 201, made.content
    assert (made.json()["band"], made.json()["is_overdue"]) == ("medium", False)
    path = f"risk/register/{made.json()['id']}/"
    assert admin.put(path, {**SPEC, "impact": 5}).json()["impact"] == 5
    reviewed = admin.post(f"{path}review/", {"next_on": "2030-01-01", "note": "Fine.", "residual_impact": 1})
    assert (reviewed.json()["residual"], reviewed.json()["reviewed_by"]) == (2, "admin")
    assert admin.post(f"{path}close/", {"reason": "Gone."}).json()["state"] == "closed"
    assert admin.post(f"{path}review/", {"next_on": "2030-01-01"}).status_code == 409
    assert admin.post(f"{path}reopen/", {}).json()["state"] == "open"
    assert manager.get(path).json()["review_on"] == "2030-01-01"
    assert manager.post(f"{path}close/", {}).status_code == 403
    kinds = AuditEvent.objects.filter(object=f"risk:{made.json()['id']}").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["RiskRegistered", "RiskChanged", "RiskReviewed", "RiskClosed", "RiskReopened"]


def test_the_register_is_filtered_and_in_order_of_what_is_left(admin: Caller) -> None:
    past = (now().date() - timedelta(days=1)).isoformat()
    for title, left, due in (("a", 1, SPEC["review_on"]), ("b", 4, past), ("c", 2, SPEC["review_on"])):
        admin.post("risk/register/", {**SPEC, "title": title, "residual_impact": left, "review_on": due})

    def titles(query: str) -> list[str]:
        return [one["title"] for one in admin.get(f"risk/register/?{query}").json()["results"]]

    assert titles("") == ["b", "c", "a"]
    assert titles("overdue=true") == ["b"]
    assert titles("about_kind=workflow") == titles("state=closed") == []


@pytest.mark.parametrize(
    ("odd", "status", "code"),
    [
        ({"owner": "nobody"}, 422, "owner-unknown"),
        ({"about_name": "nobody"}, 422, "about-unknown"),
        ({"about_kind": "workflow", "about_name": "nothing"}, 404, "workflow-unknown"),
        ({"residual_likelihood": 5, "residual_impact": 5}, 422, "manifest-invalid"),
        ({"likelihood": 6}, 422, "manifest-invalid"),
        ({"frequency": {"low": 1, "likely": 1, "high": 1}}, 422, "manifest-invalid"),
        ({"review_on": "soon"}, 422, "invalid"),
        ({"titel": "x"}, 422, "invalid"),
    ],
)
def test_a_risk_that_makes_no_sense_is_refused(admin: Caller, odd: dict[str, Any], status: int, code: str) -> None:
    refused = admin.post("risk/register/", {**SPEC, **odd})
    assert refused.status_code == status, refused.content
    assert refused.json()["code"] == code or status == 422


def test_a_year_is_drawn_from_the_risks_that_have_ranges(admin: Caller) -> None:
    once = {"low": 1, "likely": 1, "high": 1}
    cost = {"low": 100, "likely": 100, "high": 100}
    admin.post("risk/register/", SPEC)
    admin.post("risk/register/", {**SPEC, "title": "Costly", "frequency": once, "magnitude": cost})
    drawn = admin.get("risk/portfolio/").json()
    (costly,) = drawn["risks"]
    assert costly["title"] == "Costly"
    assert drawn["total"]["mean"] == pytest.approx(100, rel=0.05)
    assert drawn["n_years"] == 10_000
