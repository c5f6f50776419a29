"""Ids, needs, circles, and steps that can never run."""

from coordination.engine.flow.checks.wiring import Order, problems_of_wiring
from coordination.engine.flow.definition import Step


def step(step_id: str, *needs: str, when: str | None = None) -> Step:
    return Step.model_validate({"id": step_id, "needs": list(needs), "when": when, "set": {}})


def told(*steps: Step) -> list[tuple[str, str, str | None]]:
    return [(one.pointer, one.message, one.suggestion) for one in problems_of_wiring(steps)]


def test_two_steps_with_one_id_are_found() -> None:
    assert told(step("a"), step("a")) == [("/spec/steps/1/id", "another step is already called a", None)]


def test_an_unknown_need_is_found_with_what_was_meant() -> None:
    assert told(step("classify"), step("b", "clasify")) == [
        ("/spec/steps/1/needs/0", "there is no step clasify", "classify")
    ]


def test_a_step_that_needs_itself_is_found_once() -> None:
    assert told(step("a", "a"), step("b", "a")) == [("/spec/steps/0/needs/0", "step a cannot need itself", None)]


def test_a_circle_is_told_in_its_order_at_the_need_that_closes_it() -> None:
    assert told(step("a"), step("b", "a", "d"), step("c", "b"), step("d", "c"), step("e", "d")) == [
        ("/spec/steps/1/needs/1", "these steps wait for each other, so none can begin: b → d → c → b", None)
    ]


def test_every_circle_is_told() -> None:
    circles = [message.rpartition(": ")[2] for _, message, _ in told(*map(step, "abcd", "badc"))]
    assert circles == ["a → b → a", "c → d → c"]


def test_a_circle_among_steps_of_one_name_is_no_riddle() -> None:
    assert len(told(step("a", "b"), step("b", "a"), step("a", "a"))) == 3


def test_a_step_whose_condition_is_always_false_is_found() -> None:
    found = told(
        step("a", when="${1 > 2}"), step("b", when="true"), step("c", when="${input.x > 2}"), step("d", when="(")
    )
    assert found == [("/spec/steps/0/when", "step a can never run: its condition is always false", None)]


def test_what_comes_before_is_known_but_not_around_a_circle() -> None:
    order = Order([step("a"), step("b", "a", "nobody"), step("c", "b"), step("x", "y"), step("y", "x"), step("z", "y")])
    assert order.is_before("a", "c") is True
    assert order.is_before("c", "a") is False
    assert order.is_before("a", "z") is None
