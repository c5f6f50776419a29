"""Budgets for a day through the API."""

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from coordination.accounts.models import Organization
from coordination.api.schema import document
from coordination.audit.models import AuditEvent
from coordination.runs.models import Budget, Run
from tests.integration.api.support import Caller

NOTHING = {"cost_usd": 0, "tokens": 0, "calls": 0}


def test_a_budget_is_set_read_changed_and_lifted(admin: Caller) -> None:
    made = admin.put("budgets/", {"limits": {"cost_usd": 5, "calls": 100}})
    assert made.status_code == 200, made.content
    said = made.json()
    assert (said["workflow"], said["limits"]) == ("", {"cost_usd": 5.0, "calls": 100})
    assert (said["spent"], said["reserved"]) == (NOTHING, NOTHING)
    admin.put("budgets/", {"workflow": "greet", "limits": {"tokens": 7}})
    admin.put("budgets/", {"limits": {"calls": 3}})
    found = [(one["workflow"], one["limits"]) for one in admin.get("budgets/").json()["results"]]
    assert found == [("", {"calls": 3}), ("greet", {"tokens": 7})]
    assert admin.delete("budgets/?workflow=greet").status_code == 204
    assert admin.delete("budgets/").status_code == 204
    gone = admin.delete("budgets/?workflow=greet")
    assert (gone.status_code, gone.json()["code"]) == (404, "budget-unknown")
    kinds = AuditEvent.objects.filter(kind__startswith="Budget").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["BudgetSet", "BudgetSet", "BudgetSet", "BudgetRemoved", "BudgetRemoved"]


def test_what_is_used_today_is_told(admin: Caller, manager: Caller, work: Callable[[str], Run]) -> None:
    for workflow in ("", "greet"):
        admin.put("budgets/", {"workflow": workflow, "limits": {"calls": 10}})
    work(manager.start().json()["id"])
    assert [one["spent"]["calls"] for one in manager.get("budgets/").json()["results"]] == [1, 1]


def test_a_run_that_the_budget_stops_says_so(admin: Caller, manager: Caller, work: Callable[[str], Run]) -> None:
    admin.put("budgets/", {"workflow": "greet", "limits": {"calls": 1}})
    first, second = (manager.start().json()["id"] for _ in range(2))
    work(first)
    work(second)
    told = manager.get(f"runs/{second}/").json()
    assert (told["status"], told["stop_reason"]) == (
        "failed",
        "The budget of 1 call a day for greet is spent: 1 call used, 0 calls reserved.",
    )


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"limits": {}}, 422, "/limits"),
        ({"limits": {"cost_usd": 0}}, 422, "/limits/cost_usd"),
        ({"limits": {"cots_usd": 1}}, 422, "/limits/cots_usd"),
        ({"limits": {"time": "5m"}}, 422, "/limits/time"),
        ({"limits": "much"}, 422, "/limits"),
        ({"limit": {}}, 422, "/limit"),
        ({}, 422, "/limits"),
        ([], 422, ""),
    ],
)
def test_a_slip_is_told_with_its_path(admin: Caller, body: Any, status: int, pointer: str) -> None:
    refused = admin.put("budgets/", body)
    assert refused.status_code == status
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]


def test_a_budget_is_for_a_workflow_that_there_is(admin: Caller) -> None:
    refused = admin.put("budgets/", {"workflow": "nothing", "limits": {"calls": 1}})
    assert (refused.status_code, refused.json()["code"]) == (404, "workflow-unknown")
    assert admin.delete("budgets/?workflwo=greet").status_code == 422


def test_admins_set_budgets_and_everybody_reads_them(
    admin: Caller, manager: Caller, auditor: Caller, reviewer: Caller
) -> None:
    admin.put("budgets/", {"limits": {"calls": 1}})
    for caller in (manager, auditor, reviewer):
        assert caller.get("budgets/").json()["results"][0]["limits"] == {"calls": 1}
        assert caller.put("budgets/", {"limits": {"calls": 2}}).status_code == 403
        assert caller.delete("budgets/").status_code == 403


def test_the_budgets_of_another_organization_are_its_own(
    admin: Caller, calls: Callable[..., Caller], globex: Organization
) -> None:
    admin.put("budgets/", {"limits": {"calls": 1}})
    other = calls("admin", organization=globex)
    assert other.get("budgets/").json()["results"] == []
    assert other.delete("budgets/").status_code == 404
    assert other.put("budgets/", {"workflow": "greet", "limits": {"calls": 1}}).status_code == 404
    assert Budget.objects.count() == 1


def test_an_answer_is_what_it_says(admin: Caller) -> None:
    answers = {"put": admin.put("budgets/", {"limits": {"calls": 1}}).json(), "get": admin.get("budgets/").json()}
    for method, answer in answers.items():
        content = document()["paths"]["/api/v1/budgets/"][method]["responses"]["200"]["content"]
        schema = {**content["application/json"]["schema"], "components": document()["components"]}
        Draft202012Validator(schema).validate(answer)
