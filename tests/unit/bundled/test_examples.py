"""The agents of the examples do the same each time, and stop when nobody waits."""

import time
from typing import Any

import pytest

from coordination.adapters.ports import AgentFailed, Task, ToolContext
from coordination.bundled.examples import book, broken, cancel, count_words, echo, flaky, shorten
from tests.reaching import PlainReach


def task(given: dict[str, Any], attempt: int = 1, **config: Any) -> Task:
    return Task(capability="example", input=given, config=config, attempt=attempt)


def test_echo_gives_back_what_came_in_and_what_its_config_adds() -> None:
    result = echo(task({"a": 1}, adds={"b": 2}, sure=0.5), PlainReach())
    assert (result.output, result.confidence) == ({"a": 1, "b": 2}, 0.5)


def test_count_words_fails_for_a_text_without_any() -> None:
    assert count_words(task({"text": "one two"}), PlainReach()).output == {"words": 2}
    with pytest.raises(AgentFailed, match="must be a text"):
        count_words(task({"text": " "}), PlainReach())


def test_shorten_leaves_out_a_word_and_says_when_it_is_short_enough() -> None:
    assert shorten(task({"text": "a b c d e"}), PlainReach()).output == {"text": "a b c d", "good": False}
    assert shorten(task({"text": "a b c d"}), PlainReach()).output == {"text": "a b c", "good": True}


def test_flaky_fails_as_often_as_it_is_told_with_an_error_that_is_not_retried_by_itself() -> None:
    with pytest.raises(AgentFailed) as raised:
        flaky(task({}, attempt=2, failures=2, code="warming-up"), PlainReach())
    assert (raised.value.code, raised.value.retryable) == ("warming-up", False)
    assert flaky(task({}, attempt=3, failures=2), PlainReach()).output == {"attempt": 3}


def test_broken_fails() -> None:
    with pytest.raises(AgentFailed):
        broken(task({}), PlainReach())


def test_slow_work_stops_when_nobody_waits_for_it() -> None:
    reach = PlainReach()
    reach.stopping = True
    began = time.monotonic()
    echo(task({}, seconds=60), reach)
    assert time.monotonic() - began < 10


def test_the_same_booking_has_the_same_receipt() -> None:
    receipt = book({"seat": "1"}, ToolContext("key"))["receipt"]
    assert (
        book({"seat": "1"}, ToolContext("key"))["receipt"]
        == receipt
        != book({"seat": "1"}, ToolContext("k"))["receipt"]
    )
    assert cancel({"receipt": receipt}, ToolContext("other")) == {"cancelled": receipt, "key": "other"}
