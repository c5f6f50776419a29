"""The pages of runs: every kind of step, what people may do to it, and the run as it was."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.runs.models import Run
from coordination.runs.selectors import length_of
from coordination.runs.services import skip_step
from tests.integration.web.conftest import House

WORK = {"agent": {"capability": "work"}, "input": {"text": "hello"}}


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def begun(house: House, *steps: dict[str, Any], value: dict[str, Any] | None = None, **spec: Any) -> Run:
    house.world.workflow(*steps, **spec)
    return house.world.run(value)


def started(house: House, *steps: dict[str, Any]) -> Run:
    """Return a run that nobody has worked on: its pauses last."""
    house.world.workflow(*steps)
    return house.world.start()


@pytest.fixture
def manager(house: House) -> Client:
    return house.enter("mona", "manager")


@pytest.fixture
def auditor(house: House) -> Client:
    return house.enter("otto", "auditor")


def test_a_map_shows_how_far_it_is_and_its_items_on_demand(house: House, manager: Client) -> None:
    house.world.agent("broken", "fail", capabilities=["fail"])
    body = {"over": "${input.items}", "max_failures": 9, "agent": {"capability": "work"}, "input": {"n": "${item}"}}
    run = begun(house, {"id": "m", "title": "Each one", "map": body}, value={"items": list(range(60))})
    overview = page(manager, f"/runs/{run.pk}/")
    assert "60 items" in overview
    assert "Item 60" not in overview
    inside = page(manager, f"/runs/{run.pk}/?step=m")
    assert "Item 1<" in inside
    assert "Item 26<" not in inside
    assert "All 60" in inside
    assert "Item 51<" in page(manager, f"/runs/{run.pk}/?step=m&page=3")
    assert "Each one, item 4" in page(manager, f"/runs/{run.pk}/?step={quote('m[3]')}")


def test_items_are_filtered_by_their_state(house: House, manager: Client) -> None:
    house.world.tool("odd", "refuse")
    body = {"over": [1, 2, 3], "max_failures": 3, "workflow": {"name": "nowhere"}}
    run = begun(house, {"id": "m", "map": body})
    assert "3 items, 3 failed" in page(manager, f"/runs/{run.pk}/?step=m")
    assert "Item 2" in page(manager, f"/runs/{run.pk}/?step=m&state=failed")
    assert "Item 2" not in page(manager, f"/runs/{run.pk}/?step=m&state=succeeded")


def test_a_loop_shows_its_rounds(house: House, manager: Client) -> None:
    body = {"until": "${round == 3}", "max": 5, "set": {"n": "${round}"}}
    run = begun(house, {"id": "l", "loop": body})
    shown = page(manager, f"/runs/{run.pk}/?step=l")
    assert "3 rounds" in shown
    assert "Round 3" in shown
    assert "Round 4" not in shown


def test_a_race_shows_who_ran_and_who_won(house: House, manager: Client) -> None:
    house.world.agent("second")
    run = begun(house, {"id": "r", **WORK, "agent": {"capability": "work", "strategy": "race", "n": 2}})
    shown = page(manager, f"/runs/{run.pk}/?step=r")
    assert "echo was first" in shown
    assert "second" in shown
    assert "Cancelled" in shown


def test_a_run_within_a_run_is_linked_both_ways(house: House, manager: Client) -> None:
    house.world.workflow({"id": "a", **WORK}, name="inner", title="The inner one")
    run = begun(house, {"id": "c", "title": "Hand over", "workflow": {"name": "inner"}}, title="The outer one")
    child = Run.objects.get(parent=run)
    assert f"/runs/{child.pk}/" in page(manager, f"/runs/{run.pk}/?step=c")
    shown = page(manager, f"/runs/{child.pk}/")
    assert f"/runs/{run.pk}/?tab=steps&amp;step=c" in shown
    assert "The outer one" in shown
    assert "The inner one" not in page(manager, "/runs/")
    assert "part of another run, step c" in page(manager, "/runs/?parts=on")


def test_a_pause_and_a_signal_say_what_they_wait_for_and_ask_nobody(house: House, manager: Client) -> None:
    run = started(house, {"id": "p", "wait": {"for": "10m"}}, {"id": "s", "wait": {"signal": "paid"}})
    shown = page(manager, f"/runs/{run.pk}/")
    assert "goes on in" in shown
    assert "for the signal paid" in shown
    assert "Waiting for a person" not in shown
    assert "Waiting for a person" not in page(manager, "/runs/")


def test_a_failed_step_that_people_are_asked_about_says_so(house: House, manager: Client) -> None:
    house.world.agent("broken", "fail", capabilities=["fail"])
    run = begun(house, {"id": "a", "on_error": "escalate", "agent": {"capability": "fail"}})
    shown = page(manager, f"/runs/{run.pk}/")
    assert "a failed. Try it again?" in shown
    assert "Failed: a person decides" in shown
    assert "Waiting for a person" in shown


def test_what_was_undone_and_what_was_not_is_told(house: House, manager: Client) -> None:
    house.world.agent("broken", "fail", capabilities=["fail"])
    house.world.tool("pay.refund", "refuse")
    house.world.policy("free", when="true", effect="allow")
    book = {"action": {"tool": "mail.send", "args": {"text": "hi", "amount": 1}}}
    gives_up = {"action": {"tool": "pay.refund"}, "retry": {"max": 0}}
    run = begun(
        house,
        {"id": "first", "title": "Flight", **book, "compensate": book},
        {"id": "then", "title": "Hotel", "needs": ["first"], **book, "compensate": gives_up},
        {"id": "last", "needs": ["then"], "agent": {"capability": "fail"}, "on_error": "compensate"},
    )
    shown = page(manager, f"/runs/{run.pk}/")
    assert "<b>Undone</b> Flight" in shown
    assert "<b>Not undone</b> Hotel" in shown
    assert "Undo" in page(manager, f"/runs/{run.pk}/?step=first")


def test_attempts_and_the_reason_for_skipping_are_told(house: House, manager: Client) -> None:
    house.world.agent("flaky", "flaky", capabilities=["flaky"])
    flaky = {"id": "f", "agent": {"capability": "flaky"}, "retry": {"max": 2, "backoff": "0s"}}
    run = begun(house, flaky, {"id": "w", "when": "${size(input) > 0}", **WORK}, {"id": "x", "wait": {"signal": "go"}})
    assert "Come back later." in page(manager, f"/runs/{run.pk}/?step=f")
    assert "its condition was not met" in page(manager, f"/runs/{run.pk}/?step=w")
    skip_step(house.organization, run.pk, "x", SYSTEM, "No time.")
    assert "coordination skipped it: No time." in page(manager, f"/runs/{run.pk}/?step=x")


def test_a_step_is_skipped_with_a_reason(house: House, manager: Client) -> None:
    run = started(house, {"id": "p", "wait": {"for": "10m"}}, {"id": "a", "needs": ["p"], **WORK})
    path = f"/runs/{run.pk}/steps/p/skip/"
    assert path in page(manager, f"/runs/{run.pk}/?step=p")
    refused = manager.post(path, {"reason": " "})
    assert refused.status_code == 422
    assert "Please say why." in refused.content.decode()
    assert manager.post(path, {"reason": "Enough."}).status_code == 302
    record = AuditEvent.objects.get(stream=f"run:{run.pk}", kind="StepSkipped")
    assert (record.actor, record.data["reason"]) == ("user:mona", "Enough.")


def test_an_output_is_given_as_json_and_kept_when_it_is_wrong(house: House, manager: Client) -> None:
    run = started(house, {"id": "p", "wait": {"for": "10m"}})
    path = f"/runs/{run.pk}/steps/p/override/"
    for typed in ('{"a": ', '{"a": NaN}', '{"a": "\\u0000"}'):
        refused = manager.post(path, {"output": typed, "reason": "By hand."})
        assert refused.status_code == 422
        shown = refused.content.decode()
        assert 'aria-invalid="true"' in shown
        assert 'value="By hand."' in shown
    assert manager.post(path, {"output": '{"a": 1}', "reason": "By hand."}).status_code == 302
    assert run.steps.get(key="p").output == {"a": 1}


def test_a_step_is_repeated_with_all_after_it(house: House, manager: Client) -> None:
    run = begun(house, {"id": "a", **WORK}, {"id": "b", "needs": ["a"], "title": "The next", **WORK})
    path = f"/runs/{run.pk}/steps/a/retry/"
    assert "After it: The next." in page(manager, path)
    manager.post(path, {})
    assert run.steps.get(key="a").status == "ready"


def test_an_item_is_controlled_by_its_key(house: House, manager: Client) -> None:
    body = {"over": [1, 2], "action": {"tool": "mail.send", "args": {"text": "${string(item)}", "amount": 1}}}
    run = begun(house, {"id": "m", "map": {**body, "concurrency": 1}})
    skip = f"/runs/{run.pk}/steps/{quote('m[0]')}/skip/"
    assert skip in page(manager, f"/runs/{run.pk}/?step={quote('m[0]')}")
    manager.post(skip, {"reason": "Not this one."})
    assert run.steps.get(key="m[0]").status == "skipped"


def test_a_signal_is_sent_with_fields_of_its_schema(house: House, manager: Client) -> None:
    schema = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number", "minimum": 0}}}
    run = begun(house, {"id": "s", "wait": {"signal": "paid", "payload": schema}})
    path = f"/runs/{run.pk}/signal/"
    assert f"{path}?name=paid" in page(manager, f"/runs/{run.pk}/")
    assert 'name="input.amount"' in page(manager, f"{path}?name=paid")
    refused = manager.post(path, {"name": "paid", "input.amount": "-1"})
    assert refused.status_code == 422
    assert 'value="-1"' in refused.content.decode()
    manager.post(path, {"name": "paid", "input.amount": "25"})
    assert run.steps.get(key="s").output == {"amount": 25.0}
    assert "waits for no signal" not in page(manager, path)


def test_a_signal_without_a_schema_takes_json(house: House, manager: Client) -> None:
    run = begun(house, {"id": "s", "wait": {"signal": "done"}})
    refused = manager.post(f"/runs/{run.pk}/signal/", {"name": "done", "input.payload": "{"})
    assert refused.status_code == 422
    manager.post(f"/runs/{run.pk}/signal/", {"name": "done", "input.payload": '{"by": "hand"}'})
    assert run.steps.get(key="s").output == {"by": "hand"}


def test_a_run_that_waits_for_no_signal_says_so(house: House, manager: Client) -> None:
    run = begun(house, {"id": "a", **WORK})
    assert "waits for no signal" in page(manager, f"/runs/{run.pk}/signal/")


def test_what_is_not_possible_now_is_said_and_changes_nothing(house: House, manager: Client) -> None:
    run = begun(house, {"id": "a", **WORK})
    answer = manager.post(f"/runs/{run.pk}/steps/a/skip/", {"reason": "Late."}, follow=True)
    assert "not possible now" in answer.content.decode()
    assert "/steps/a/skip/" not in page(manager, f"/runs/{run.pk}/?step=a")


@pytest.mark.parametrize("path", ["steps/p/skip/", "steps/p/override/", "steps/p/retry/", "signal/", "pause/"])
def test_others_see_no_button_and_are_refused(house: House, auditor: Client, path: str) -> None:
    run = started(house, {"id": "p", "wait": {"for": "10m"}}, {"id": "s", "wait": {"signal": "paid"}})
    shown = page(auditor, f"/runs/{run.pk}/?step=p")
    assert f"/runs/{run.pk}/{path}" not in shown
    assert auditor.get(f"/runs/{run.pk}/{path}").status_code == 403
    assert auditor.post(f"/runs/{run.pk}/{path}", {"reason": "x"}).status_code == 403


def test_an_unknown_step_or_act_is_not_found(house: House, manager: Client) -> None:
    run = begun(house, {"id": "a", **WORK})
    for path in ("?step=nothing", "?step=a[7]", "steps/nothing/skip/", "steps/a/explode/", "?step=nothing&at=2"):
        assert manager.get(f"/runs/{run.pk}/{path}").status_code == 404


def test_the_slider_shows_the_run_as_it_was(house: House, auditor: Client) -> None:
    run = begun(house, {"id": "a", "title": "Read", **WORK}, {"id": "b", "needs": ["a"], "title": "Write", **WORK})
    now = page(auditor, f"/runs/{run.pk}/?tab=steps")
    assert f'max="{length_of(run)}"' in now
    assert f'hx-trigger="run-{run.pk}' in now
    then = page(auditor, f"/runs/{run.pk}/?tab=steps&at=2")
    assert "echo began to work on Read." in then
    assert "record 2 of 6" in then
    assert 'id="a-running"' in then
    assert f'hx-trigger="run-{run.pk}' not in then
    assert "Back to now" in then


def test_the_past_offers_nothing_to_do(house: House, manager: Client) -> None:
    run = started(house, {"id": "p", "wait": {"for": "10m"}}, {"id": "s", "wait": {"signal": "paid"}})
    then = page(manager, f"/runs/{run.pk}/?step=p&at=1")
    for act in ("pause/", "cancel/", "signal/", "skip/"):
        assert f"/{act}" not in then


def test_each_tab_is_told_as_of_then(house: House, manager: Client) -> None:
    run = begun(house, {"id": "a", **WORK}, {"id": "b", "needs": ["a"], **WORK})
    for tab in ("agents", "data", "decisions", "steps", "audit"):
        page(manager, f"/runs/{run.pk}/?tab={tab}&at=3")
    lines = page(manager, f"/runs/{run.pk}/?tab=audit&at=3")
    assert "Run succeeded" not in lines
    assert f"/runs/{run.pk}/?tab=audit&amp;at=2" in lines


def test_a_moment_that_no_record_has_is_the_nearest(house: House, manager: Client) -> None:
    run = begun(house, {"id": "a", **WORK})
    assert "record 4 of 4" in page(manager, f"/runs/{run.pk}/?at=999")
    assert "Nothing had happened yet." in page(manager, f"/runs/{run.pk}/?at=0")
    assert "<b>Now</b>" in page(manager, f"/runs/{run.pk}/?at=abc")


def test_a_page_costs_the_same_however_many_items_there_are(
    house: House, manager: Client, queries: Callable[[Client, str], int]
) -> None:
    body = {"over": "${input.items}", "agent": {"capability": "work"}, "input": {"n": "${item}"}}
    house.world.workflow({"id": "m", "map": body})
    few = house.world.run({"items": [1, 2]})
    many = house.world.run({"items": list(range(40))})
    for query in ("", "?step=m", "?tab=steps", "?at=5", "?tab=decisions"):
        assert queries(manager, f"/runs/{few.pk}/{query}") == queries(manager, f"/runs/{many.pk}/{query}")


def test_a_step_with_others_inside_says_how_sure_the_least_sure_of_them_is(house: House) -> None:
    body = {"over": [0.9, 0.4], "agent": {"name": "echo"}, "input": {"confidence": "${item}"}}
    after = {"id": "after", "needs": ["each"], "agent": {"name": "echo"}, "input": {"confidence": 0.8}}
    house.world.workflow({"id": "each", "map": body}, after)
    run = house.world.run({})
    client = house.enter("manager", "manager")
    page = client.get(f"/runs/{run.pk}/?step=each").content.decode()
    assert "0.40, the lowest of its items" in page
    page = client.get(f"/runs/{run.pk}/?step=after").content.decode()
    assert "0.40, the lowest of what it rests on" in page
    assert "the lowest of" not in client.get(f"/runs/{run.pk}/?step=each%5B0%5D").content.decode()
