"""Comparing how groups are decided about: what is said, what is an alarm, and how often a fair stream raises one."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.trust.bias import (
    OTHERS,
    Before,
    Finding,
    Standing,
    Tally,
    Terms,
    look,
    newcombe,
    pairs_in,
    planned_look,
    report,
    worst,
)
from coordination.engine.trust.intervals import Z95

TERMS = Terms()


def findings_of(own: Tally, other: Tally, terms: Terms = TERMS) -> Finding:
    [finding] = look(pairs_in({"sex": {"f": own, "m": other}}, {"sex": "m"}), terms, {})
    return finding


def test_too_few_decisions_of_a_group_say_nothing_however_extreme_they_are() -> None:
    finding = findings_of(Tally(19, 0), Tally(400, 400))

    assert finding.standing is Standing.INSUFFICIENT
    assert finding.low is None


def test_three_people_are_no_alarm_at_the_planned_look_either() -> None:
    pairs = pairs_in({"sex": {"f": Tally(1, 0), "m": Tally(2, 2)}}, {"sex": "m"})

    assert worst(planned_look(pairs, TERMS)) is Standing.INSUFFICIENT


def test_a_group_that_is_never_seen_is_insufficient_and_named() -> None:
    [finding] = look(pairs_in({"sex": {"x": Tally(), "m": Tally(300, 100)}}, {"sex": "m"}), TERMS, {})

    assert (finding.pair.group, finding.standing) == ("x", Standing.INSUFFICIENT)


def test_an_attribute_with_one_group_has_nothing_to_compare() -> None:
    assert pairs_in({"sex": {"f": Tally(300, 100)}}, {}) == []


def test_half_the_rate_of_others_is_a_breach() -> None:
    assert findings_of(Tally(400, 100), Tally(400, 200)).standing is Standing.BREACH


def test_a_group_that_is_better_off_than_its_reference_raises_no_alarm() -> None:
    assert findings_of(Tally(400, 200), Tally(400, 100)).standing is Standing.NO_EVIDENCE


def test_without_a_reference_each_group_is_compared_with_everybody_else() -> None:
    pairs = pairs_in({"origin": {"a": Tally(50, 10), "b": Tally(40, 20), "c": Tally(10, 5)}}, {})

    assert [(pair.group, pair.against, pair.other) for pair in pairs] == [
        ("a", OTHERS, Tally(50, 25)),
        ("b", OTHERS, Tally(60, 15)),
        ("c", OTHERS, Tally(90, 30)),
    ]


def test_a_small_difference_that_is_sure_is_watched_and_no_breach() -> None:
    finding = findings_of(Tally(20_000, 9_400), Tally(20_000, 10_000))

    assert finding.standing is Standing.WATCH
    assert finding.low is not None
    assert 0 < finding.low < TERMS.margin


def test_a_difference_beyond_the_margin_is_a_breach_although_the_ratio_is_high() -> None:
    assert findings_of(Tally(5_000, 3_900), Tally(5_000, 4_800)).standing is Standing.BREACH


def test_a_ratio_below_four_fifths_is_a_breach_although_the_difference_is_small() -> None:
    assert findings_of(Tally(5_000, 100), Tally(5_000, 250)).standing is Standing.BREACH


def test_whoever_is_compared_with_more_groups_must_show_more() -> None:
    alone = {"origin": {"a": Tally(150, 51), "r": Tally(300, 135)}}
    others = {f"g{n}": Tally(300, 135) for n in range(8)}
    among = {"origin": {**alone["origin"], **others}}

    def standing(groups: dict[str, dict[str, Tally]]) -> Standing:
        return worst(planned_look(pairs_in(groups, {"origin": "r"}), TERMS))

    assert standing(alone) is Standing.WATCH
    assert standing(among) is Standing.NO_EVIDENCE


def test_an_alarm_of_the_period_is_not_taken_back_by_a_later_look() -> None:
    pairs = pairs_in({"sex": {"f": Tally(100, 50), "m": Tally(100, 50)}}, {"sex": "m"})
    [finding] = look(pairs, TERMS, {"sex=f": Before(0.001, Standing.BREACH)})

    assert finding.standing is Standing.BREACH


def test_the_planned_look_sees_what_looking_all_the_time_does_not_yet() -> None:
    pairs = pairs_in({"sex": {"f": Tally(130, 45), "m": Tally(270, 128)}}, {"sex": "m"})

    assert worst(look(pairs, TERMS, {})) is Standing.NO_EVIDENCE
    assert worst(planned_look(pairs, TERMS)) is Standing.WATCH


def test_newcombe_gives_the_interval_of_his_paper() -> None:
    low, high = newcombe(Tally(80, 48), Tally(70, 56), Z95)

    assert (low, high) == (pytest.approx(0.0524, abs=5e-4), pytest.approx(0.3339, abs=5e-4))


def test_the_fixed_report_leaves_out_groups_that_are_too_small() -> None:
    groups = {"sex": {"f": Tally(30, 10), "x": Tally(3, 0), "m": Tally(60, 30)}}

    assert [one.pair.group for one in report(pairs_in(groups, {"sex": "m"}), TERMS)] == ["f"]


@given(
    own=st.integers(0, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    other=st.integers(0, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
)
def test_whatever_the_counts_an_alarm_agrees_with_its_interval(own: tuple[int, int], other: tuple[int, int]) -> None:
    pairs = pairs_in({"sex": {"f": Tally(*own), "m": Tally(*other)}}, {"sex": "m"})

    for finding in (*look(pairs, TERMS, {}), *planned_look(pairs, TERMS)):
        if finding.standing is Standing.INSUFFICIENT:
            continue
        assert finding.low is not None
        assert finding.high is not None
        assert finding.low <= finding.pair.difference <= finding.high
        assert (finding.standing.rank >= Standing.WATCH.rank) == (finding.low >= 0 and finding.p <= finding.alpha)


def stream_alarms(rng: random.Random, n: int, share: float, rate: float, ratio: float) -> bool:
    """Tell whether a stream alarms, looked at after every fifth decision and once more at its planned end."""
    tallies = {"f": Tally(), "m": Tally()}
    before: dict[str, Before] = {}
    for number in range(n):
        group = "f" if rng.random() < share else "m"
        tallies[group] += Tally(1, int(rng.random() < (rate * ratio if group == "f" else rate)))
        if number % 5 == 0:
            found = look(pairs_in({"sex": tallies}, {"sex": "m"}), TERMS, before)
            before = {one.pair.key: Before(one.p, one.standing) for one in found}
    ended = planned_look(pairs_in({"sex": tallies}, {"sex": "m"}), TERMS)
    said = [*(one.standing for one in before.values()), worst(ended)]
    return max(one.rank for one in said) >= Standing.WATCH.rank


def test_of_fair_streams_at_most_one_in_twenty_alarms_although_they_are_looked_at_all_the_time() -> None:
    rng = random.Random(5)
    alarms = sum(stream_alarms(rng, 300, 0.3, 0.5, 1.0) for _ in range(400))

    # Twenty are expected at most; 31 leaves room for chance (one in a hundred).
    assert alarms <= 31


def test_of_streams_with_half_the_rate_nearly_all_alarm() -> None:
    rng = random.Random(6)
    alarms = sum(stream_alarms(rng, 400, 0.3, 0.5, 0.5) for _ in range(60))

    assert alarms >= 57
