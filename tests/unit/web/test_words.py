from datetime import UTC, datetime, timedelta

import pytest

from coordination.web import words

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (timedelta(seconds=41), "41 s ago"),
        (timedelta(minutes=2, seconds=59), "2 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=13), "13 d ago"),
        (timedelta(days=14), "on 28 Feb 2026"),
        (-timedelta(minutes=12), "in 12 min"),
    ],
)
def test_a_moment_is_said_by_its_age(distance, said):
    assert words.when(NOW - distance, NOW) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"),
        (0.038, "38 ms"),
        (0.9996, "1.0 s"),
        (1.44, "1.4 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (134, "2 min 14 s"),
        (3 * 3600 + 5 * 60 + 59, "3 h 5 min"),
        (2 * 86400 + 4 * 3600, "2 d 4 h"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds, said):
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("microusd", "said"),
    [(0, "$0"), (499, "< $0.001"), (20_512, "$0.021"), (212_400_000, "$212.40"), (12_300_400_000, "$12,300")],
)
def test_money_shows_the_digits_that_matter(microusd, said):
    assert words.money(microusd) == said


def test_money_is_exact_on_hover():
    assert words.exact_money(20_512) == "$0.020512"


@pytest.mark.parametrize(("share", "said"), [(1, "100%"), (0.992, "99.2%"), (0.41, "41%"), (0.044, "4%")])
def test_a_share_is_a_percentage(share, said):
    assert words.percent(share) == said


def test_a_noun_agrees_with_its_number():
    assert (words.plural(1, "agent"), words.plural(6, "agent"), words.plural(2, "reply", "replies")) == (
        "1 agent",
        "6 agents",
        "2 replies",
    )


def test_a_text_that_is_too_wide_ends_in_an_ellipsis():
    assert words.fit("intent-minilm · 38 ms", 400, 12) == "intent-minilm · 38 ms"
    assert words.fit("writer-extractive · 1.4 s · re-routed", 130, 11.5).endswith("…")


def test_a_moment_tells_what_happened_in_a_burst_apart():
    assert words.moment(NOW.replace(hour=14, minute=3, second=2, microsecond=418_900)) == "14:03:02.418"


@pytest.mark.parametrize(
    ("kind", "said"),
    [("RunStarted", "Run started"), ("StepRetried", "Attempt repeated"), ("StepRepeated", "Step repeated by a person")],
)
def test_an_event_has_a_name_that_people_understand(kind, said):
    assert words.event(kind) == said
