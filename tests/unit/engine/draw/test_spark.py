import re

import pytest

from coordination.engine.draw.spark import area, ceiling, curve, points


@pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), (3, 5), (6, 10), (11, 20), (14208, 20000)])
def test_a_scale_ends_at_a_round_number(value, top):
    assert ceiling(value) == top


def test_points_span_the_width_and_stand_on_the_ground():
    assert points([0, 5, 10], 100, 50, top=10) == [(0, 50), (50, 25), (100, 0)]


def test_one_value_is_one_point():
    assert curve(points([4], 100, 50, top=10)) == "M0 30"


def test_the_curve_meets_every_point():
    line = points([1, 4, 2, 8], 90, 50, top=10)
    path = curve(line)
    ends = [tuple(float(part) for part in re.split(r"[ CM]", piece)[-2:]) for piece in path.split("C")]
    assert ends == line


def test_the_curve_never_leaves_the_range_of_its_neighbours():
    line = points([0, 0, 9, 0, 0], 100, 50, top=10)
    heights = [float(number) for number in re.findall(r"[\d.]+ ([\d.]+)", curve(line))]
    assert max(heights) <= 50
    assert min(heights) >= min(y for _, y in line)


def test_an_area_is_closed_on_the_ground():
    assert area(points([1, 2], 10, 5, top=2), 5).endswith("V5H0Z")


def test_no_values_draw_nothing():
    assert curve([]) == area([], 5) == ""
