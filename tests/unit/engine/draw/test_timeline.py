import pytest

from coordination.engine.draw.timeline import axis


def test_work_without_gaps_lies_to_scale():
    line = axis([(0, 1), (1, 4)])
    assert [line.place(at) for at in (0, 1, 4)] == pytest.approx([0, 0.25, 1])


def test_a_short_gap_stays_to_scale():
    line = axis([(0, 4), (5, 10)])
    assert not line.cuts
    assert line.place(5) == pytest.approx(0.5)


def test_an_hour_of_waiting_leaves_room_for_seconds_of_work():
    line = axis([(0, 1), (3601, 3602)])
    (cut,) = line.cuts
    assert (cut.start_s, cut.end_s) == (1, 3601)
    assert cut.right - cut.left < 0.1
    assert line.place(1) > 0.4


def test_parallel_work_is_counted_once():
    line = axis([(0, 2), (1, 3), (0.5, 1)])
    assert len(line.pieces) == 1
    assert line.place(1.5) == pytest.approx(0.5)


def test_moments_outside_lie_on_the_edge():
    line = axis([(10, 20)])
    assert (line.place(5), line.place(25)) == (0, 1)


def test_work_that_took_no_time_still_has_a_place():
    line = axis([(1, 1), (2, 2)])
    assert 0 <= line.place(1) < line.place(2) <= 1


def test_no_work_needs_no_axis():
    assert axis([]).place(3) == 1
