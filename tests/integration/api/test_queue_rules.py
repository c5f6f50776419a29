"""How the queue keeps time, and who decides in whose place, through the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from coordination.approvals.manifest import DEFAULT
from coordination.approvals.models import ApprovalRequest
from coordination.audit.models import AuditEvent
from coordination.runs.models import Run
from coordination.shared.clock import now
from tests.integration.api.support import Caller


@pytest.fixture
def waiting(manager: Caller, work: Callable[[str], Run]) -> Run:
    """Return a run that asks a reviewer whether it may send something."""
    return work(manager.start().json()["id"])


def soon(days: float = 1) -> str:
    return (now() + timedelta(days=days)).isoformat()


def test_rules_are_read_by_all_and_changed_by_admins(admin: Caller, manager: Caller) -> None:
    found = manager.get("approvals/settings/").json()
    assert found == {"version": 0, "rules": DEFAULT.model_dump(mode="json"), "on_duty": None}
    rules = {"clocks": {"high": {"acknowledge": "1m", "decide": "2m", "expire": "3m"}}, "duty": {"people": ["admin"]}}
    changed = admin.put("approvals/settings/", {"rules": rules, "reason": "Faster."})
    assert changed.status_code == 200, changed.content
    assert changed.json()["on_duty"]["person"] == "admin"
    assert manager.put("approvals/settings/", {"rules": {}}).status_code == 403
    assert AuditEvent.objects.get(kind="QueueRulesChanged").data["reason"] == "Faster."


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ({"clokcs": {}}, "/clokcs"),
        ({"clocks": {"low": {"acknowledge": "2h", "decide": "1h", "expire": "3h"}}}, "/clocks/low"),
        ({"calendars": {"": {"zone": "Mars/Base"}}}, "/calendars//zone"),
        ({"calendars": {"boss": {}}}, "/calendars/boss"),
        ({"calendars": {"": {"monday": "9-5"}}}, "/calendars//monday"),
        ({"duty": {"people": ["nobody"]}}, "/duty/people/0"),
        ({"levels": [{"role": ""}, {"group": "lead"}]}, "/levels/0"),
    ],
)
def test_rules_that_make_no_sense_are_refused_with_the_place(
    admin: Caller, rules: dict[str, Any], pointer: str
) -> None:
    refused = admin.put("approvals/settings/", {"rules": rules})
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_somebody_decides_in_the_place_of_another(
    calls: Callable[..., Caller], admin: Caller, reviewer: Caller, waiting: Run
) -> None:
    ann = calls("ann")
    made = reviewer.post("approvals/delegations/", {"to": "ann", "end": soon(), "reason": "Leave."})
    assert made.status_code == 201, made.content
    said = made.json()
    assert (said["from"], said["to"], said["holds"]) == ("reviewer", "ann", True)
    assert said["scope"] == {"bands": [], "operations": [], "agents": []}
    approval = ApprovalRequest.objects.get()
    answer = {"revision": 1, "reason": "Fine.", "in_place_of": "reviewer"}
    refused = calls("bob").post(f"approvals/{approval.pk}/approve/", answer)
    assert refused.json()["type"].endswith("not-asked")
    strange = ann.post(f"approvals/{approval.pk}/approve/", {**answer, "in_place_of": "nobody"})
    assert strange.status_code == 403
    done = ann.post(f"approvals/{approval.pk}/approve/", answer).json()
    assert (done["decisions"][0]["actor"], done["decisions"][0]["on_behalf_of"]) == ("ann", "reviewer")
    assert [one["id"] for one in ann.get("approvals/delegations/").json()["results"]] == [said["id"]]
    assert calls("cat").get("approvals/delegations/").json()["results"] == []
    assert len(admin.get("approvals/delegations/").json()["results"]) == 1
    assert ann.post(f"approvals/delegations/{said['id']}/end/").json()["holds"] is False
    assert ann.post(f"approvals/delegations/{said['id']}/end/").status_code == 409


def test_for_others_only_whoever_looks_after_it_arranges_anything(calls: Callable[..., Caller], admin: Caller) -> None:
    ann, _ = calls("ann"), calls("bob")
    body = {"from": "bob", "to": "ann", "end": soon(), "reason": "Ill."}
    assert ann.post("approvals/delegations/", body).status_code == 403
    made = admin.post("approvals/delegations/", body)
    assert made.status_code == 201
    assert calls("cat").post(f"approvals/delegations/{made.json()['id']}/end/").status_code == 403
    narrow = calls("admin", scopes=("read", "approval.decide"))
    assert narrow.post("approvals/delegations/", body).json()["type"].endswith("scope-missing")
    assert narrow.post(f"approvals/delegations/{made.json()['id']}/end/").json()["type"].endswith("scope-missing")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"to": "manager"}, "/to"),
        ({"end": soon(-1)}, "/end"),
        ({"scope": {"bands": ["grave"]}}, "/scope/bands/0"),
        ({"until": soon()}, "/until"),
    ],
)
def test_a_delegation_that_makes_no_sense_is_refused_with_the_place(
    calls: Callable[..., Caller], reviewer: Caller, manager: Caller, changes: dict[str, Any], pointer: str
) -> None:
    calls("ann")
    refused = reviewer.post("approvals/delegations/", {"to": "ann", "end": soon(), "reason": "x", **changes})
    assert refused.status_code in (400, 422)
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_figures_and_load_are_told(reviewer: Caller, waiting: Run) -> None:
    found = reviewer.get("approvals/figures/?days=30").json()
    whole = next(one for one in found["figures"] if one["risk"] == "")
    assert (found["days"], whole["open"], whole["median_s"], whole["late_share"]) == (30, 1, None, None)
    assert reviewer.get("approvals/figures/?days=0").status_code in (400, 422)
    load = reviewer.get("approvals/load/").json()
    assert load == {
        "open": 1, "last_hour": 0, "with_others": 0, "most_open": 25, "most_in_an_hour": 60, "is_over": False,
    }  # fmt: skip
