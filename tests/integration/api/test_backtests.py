"""Backtests and the decision log over HTTP."""

from collections.abc import Callable
from typing import Any

from coordination.policies.models import Backtest
from coordination.policies.services import perform_backtest
from coordination.runs.models import Run
from tests.integration.api.support import Caller

Work = Callable[[str], Run]
ASKS = {
    "key": "ask",
    "title": "A person reads it first",
    "statement": "A person reads what we send.",
    "when": 'action.name == "mail.send"',
    "effect": "require_approval",
    "approval": {"role": "reviewer"},
}


def sent(manager: Caller, work: Work, times: int = 1) -> list[str]:
    """Let so many runs propose to send something, and return their identifiers."""
    started = [manager.start().json()["id"] for _ in range(times)]
    for run_id in started:
        work(run_id)
    return started


def saved(admin: Caller, **changes: Any) -> None:
    spec = {"rules": [{**ASKS, **changes}]}
    answer = admin.put("policies/careful/", {"metadata": {"name": "careful"}, "spec": spec})
    assert answer.status_code == 200, answer.content


def test_a_draft_is_tried_on_what_was_decided(admin: Caller, manager: Caller, work: Work) -> None:
    sent(manager, work, 2)
    saved(admin, effect="deny", approval=None)
    started = admin.post("policies/careful/backtest/")
    assert started.status_code == 202, started.content
    begun = started.json()
    assert (begun["policy"], begun["version"], begun["against"], begun["report"]) == ("careful", 2, None, None)
    assert begun["status"] == "queued"
    perform_backtest(begun["id"])
    found = manager.get(f"backtests/{begun['id']}/").json()
    assert (found["status"], found["done"], found["total"], found["against"]) == ("finished", 2, 2, 1)
    assert found["report"]["flips"] == [{"before": "require_approval", "after": "deny", "n": 2}]
    assert [one["id"] for one in manager.get("policies/careful/backtests/").json()["results"]] == [begun["id"]]


def test_one_at_a_time_and_it_can_be_called_off_and_begun_again(admin: Caller) -> None:
    begun = admin.post("policies/careful/backtest/", {"version": 1}).json()
    again = admin.post("policies/careful/backtest/", {"version": 1})
    assert (again.status_code, again.json()["code"]) == (409, "backtest-running")
    called_off = admin.post(f"backtests/{begun['id']}/cancel/")
    assert (called_off.status_code, called_off.json()["status"]) == (200, "cancelled")
    too_late = admin.post(f"backtests/{begun['id']}/cancel/")
    assert (too_late.status_code, too_late.json()["code"]) == (409, "backtest-over")
    restarted = admin.post(f"backtests/{begun['id']}/restart/")
    assert (restarted.status_code, restarted.json()["status"]) == (200, "queued")
    assert Backtest.objects.count() == 1


def test_a_version_that_is_not_there_is_not_tried(admin: Caller) -> None:
    assert admin.post("policies/careful/backtest/", {"version": 9}).status_code == 404
    assert admin.post("policies/nobody/backtest/").status_code == 404


def test_a_rule_that_is_being_written_is_tried_on_the_last_week(manager: Caller, work: Work) -> None:
    sent(manager, work, 2)
    fired = manager.post("decisions/would-have-fired/", {"rule": ASKS}).json()
    assert (fired["times"], fired["looked_at"], fired["is_all"], fired["n_errors"]) == (2, 2, True, 0)
    assert fired["sentence"] == "Would have fired 2 times in the last 7 days."
    assert fired["decisions"] == [one["id"] for one in manager.get("decisions/?hook=action").json()["results"]]


def test_a_rule_that_does_not_compile_says_where(manager: Caller) -> None:
    answer = manager.post("decisions/would-have-fired/", {"rule": {**ASKS, "when": "action.nmae == 'x'"}})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["line"], error["column"], error["suggestion"]) == ("/when", 1, 1, "action.name")


def test_decisions_are_found_by_whatever_is_known_of_them(manager: Caller, work: Work) -> None:
    first, second = sent(manager, work, 2)
    everything = manager.get("decisions/").json()["results"]
    newest_action = next(one for one in everything if one["hook"] == "action")
    assert newest_action["run"] == second
    for query, n in (
        ("rule=ask", 2),
        ("policy=careful&rule=ask", 2),
        ("policy=careful&rule=other", 0),
        ("action=mail.send", 2),
        ("agent=echo", len(everything) - 2),
        (f"run={first}&rule=ask", 1),
        ("text=reads what we SEND", 2),
        ("text=nobody ever wrote this", 0),
        ("outcome=require_approval", 2),
        ("hook=agent.call", len(everything) - 2),
    ):
        found = manager.get(f"decisions/?{query}").json()["results"]
        assert len(found) == n, query
    moment = newest_action["created_at"].replace("+", "%2B")
    since = {one["id"] for one in manager.get(f"decisions/?since={moment}").json()["results"]}
    until = {one["id"] for one in manager.get(f"decisions/?until={moment}").json()["results"]}
    assert newest_action["id"] in since
    assert since | until == {one["id"] for one in everything}
    assert not since & until


def test_a_search_is_read_page_by_page(manager: Caller, work: Work) -> None:
    sent(manager, work, 3)
    page = manager.get("decisions/?rule=ask&limit=2").json()
    rest = manager.get(page["next"].partition("/api/v1/")[2]).json()
    ids = [one["id"] for one in [*page["results"], *rest["results"]]]
    assert ids == sorted(ids, reverse=True)
    assert (len(page["results"]), len(set(ids)), rest["next"]) == (2, 3, None)
