"""Records of agents: luck and short records earn nothing, and what is long ago fades."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.trust.intervals import wilson
from coordination.engine.trust.reliability import Record, carried, record_of

counts = st.floats(0, 1e6)
histories = st.lists(st.tuples(st.floats(0, 400), st.booleans()), max_size=60)


def test_a_gate_of_98_percent_needs_133_straight_successes() -> None:
    assert Record(132, 0).lower < 0.98 <= Record(133, 0).lower


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilsons_interval_by_published_values(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=1e-4)


def test_of_nothing_anything_may_be_true() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert Record().lower == 0
    assert Record().mean == 0.5


@given(counts, counts)
def test_what_is_sure_is_never_more_than_what_is_expected_of_many(successes: float, failures: float) -> None:
    record = Record(successes, failures)
    low, high = record.interval
    share = successes / record.n if record.n else 0.5

    assert 0 <= record.lower <= share + 1e-9
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


@given(counts, counts)
def test_one_more_right_answer_never_costs_trust_and_a_wrong_one_never_earns_it(right: float, wrong: float) -> None:
    now = Record(right, wrong).lower

    assert Record(right + 1, wrong).lower >= now - 1e-12
    assert Record(right, wrong + 1).lower <= now + 1e-12


def test_thirty_days_halve_what_an_outcome_weighs() -> None:
    assert record_of([(30, True)]).successes == pytest.approx(0.5)


def test_two_hundred_later_outcomes_halve_what_an_outcome_weighs() -> None:
    later = [(0.0, True)] * 200

    assert record_of([*later, (0.0, False)]).failures == pytest.approx(0.5)


@given(histories)
def test_a_record_is_never_worth_more_than_there_are_outcomes(history: list[tuple[float, bool]]) -> None:
    record = record_of(history)

    assert record.n <= len(history) + 1e-9
    assert min(record.successes, record.failures) >= 0


@given(counts, counts)
def test_a_new_version_inherits_the_same_share_worth_half(successes: float, failures: float) -> None:
    record = carried(Record(successes, failures))

    assert record.n == pytest.approx((successes + failures) / 2)
    assert record.lower <= Record(successes, failures).lower + 1e-9
