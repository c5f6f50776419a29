"""Durations as people write them."""

import pytest

from coordination.engine.duration import seconds


@pytest.mark.parametrize(
    ("text", "expected"), [("500ms", 0.5), ("20s", 20), ("1.5m", 90), ("2h", 7_200), ("3d", 259_200)]
)
def test_a_duration_is_a_number_with_a_unit(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "-5s", "5 s", "5y", "soon"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(text)


def test_nothing_takes_longer_than_a_hundred_years() -> None:
    with pytest.raises(ValueError, match="longer than a hundred years"):
        seconds("36501d")
