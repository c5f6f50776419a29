"""Never more is spent and put aside than a budget allows, whatever comes when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coordination.engine.flow.budget import (
    NOTHING,
    Allowance,
    Amounts,
    Planned,
    RunBudget,
    broken,
    deadline,
    too_late,
)

WHOSE = "The run's budget of {}"
AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
CALLS = st.lists(
    st.tuples(st.integers(1, 300_000), st.integers(1, 500), st.floats(0, 1), st.integers(0, 5)), max_size=60
)


def why(limits: dict[str, Any], spent: Amounts = NOTHING, reserved: Amounts = NOTHING, **planned: Any) -> str | None:
    return broken(Allowance(**limits), WHOSE, spent, reserved, Planned(**planned))


@pytest.mark.parametrize(
    ("limits", "spent", "reserved", "planned", "sentence"),
    [
        (
            {"cost_usd": 2},
            Amounts(1_900_000),
            Amounts(50_000),
            {"cost_microusd": 200_000},
            "The run's budget of $2.00 is spent: $1.90 used, $0.05 reserved, this call may cost $0.20.",
        ),
        (
            {"cost_usd": 0.0005},
            Amounts(500),
            NOTHING,
            {},
            "The run's budget of $0.0005 is spent: $0.0005 used, $0.00 reserved.",
        ),
        (
            {"tokens": 1_000},
            Amounts(tokens=1),
            Amounts(tokens=995),
            {"tokens": 6},
            "The run's budget of 1,000 tokens is spent: "
            "1 token used, 995 tokens reserved, this call may take 6 tokens.",
        ),
        (
            {"calls": 1},
            NOTHING,
            Amounts(calls=1),
            {},
            "The run's budget of 1 call is spent: 0 calls used, 1 call reserved.",
        ),
    ],
)
def test_a_refusal_says_what_was_used_and_what_this_call_may_take(
    limits: dict[str, Any], spent: Amounts, reserved: Amounts, planned: dict[str, Any], sentence: str
) -> None:
    assert why(limits, spent, reserved, **planned) == sentence


def test_the_last_call_may_take_all_that_is_left() -> None:
    assert why({"cost_usd": 1}, Amounts(900_000), cost_microusd=100_000) is None
    assert why({"cost_usd": 1}, Amounts(900_000), cost_microusd=100_001) is not None


def test_a_call_that_takes_nothing_of_a_kind_is_not_held_up_by_it() -> None:
    assert why({"cost_usd": 1, "tokens": 5}, Amounts(2_000_000, 9), cost_microusd=0, tokens=0) is None


def test_a_call_of_which_nothing_is_known_may_begin_while_anything_is_left() -> None:
    assert why({"cost_usd": 1}, Amounts(999_999)) is None
    assert why({"cost_usd": 1}, Amounts(1_000_000)) is not None
    assert why({"cost_usd": 1}, Amounts(900_000), Amounts(100_000)) is not None


@given(limits=st.tuples(st.integers(1, 2_000_000), st.integers(1, 5_000), st.integers(1, 40)), calls=CALLS)
def test_no_order_of_calls_overspends(limits: tuple[int, int, int], calls: list[tuple[int, int, float, int]]) -> None:
    allowance = Allowance(cost_usd=limits[0] / 1_000_000, tokens=limits[1], calls=limits[2])
    spent, under_way = NOTHING, list[tuple[Planned, float]]()

    def reserved() -> Amounts:
        return sum((planned.amounts for planned, _ in under_way), NOTHING)

    for cost, tokens, share, n_settled in calls:
        planned = Planned(cost, tokens)
        if broken(allowance, WHOSE, spent, reserved(), planned) is None:
            under_way.append((planned, share))
        for _ in range(min(n_settled, len(under_way))):
            ended, part = under_way.pop(n_settled % len(under_way))
            spent += Amounts(int(ended.amounts.cost_microusd * part), int(ended.amounts.tokens * part), 1)
        total = spent + reserved()
        assert (total.cost_microusd <= limits[0], total.tokens <= limits[1], total.calls <= limits[2]) == (True,) * 3


def test_a_budget_limits_something() -> None:
    with pytest.raises(ValidationError, match="limit at least one of cost_usd, tokens, calls"):
        Allowance()
    with pytest.raises(ValidationError, match="time, depth"):
        RunBudget()
    assert not RunBudget(time="5m").counts
    assert RunBudget(calls=1).counts


def test_the_time_of_a_run_ends() -> None:
    until = deadline(RunBudget(time="10m"), AT)
    assert until == AT + timedelta(minutes=10)
    assert too_late(until, AT + timedelta(minutes=9)) is None
    said = too_late(until, AT + timedelta(minutes=10))
    assert said == "The run's time is over: by its budget no step begins after 2026-01-01 12:10:00 UTC."
    assert deadline(RunBudget(calls=1), AT) is None
    assert too_late(None, AT) is None
