from itertools import combinations

import pytest

from coordination.engine.draw.layered import Metrics, layered

SUPPORT = {
    "classify": [],
    "retrieve": ["classify"],
    "sentiment": ["classify"],
    "compose": ["retrieve", "sentiment"],
    "check-privacy": ["compose"],
    "check-policy": ["compose"],
    "check-tone": ["compose"],
    "send": ["check-privacy", "check-policy", "check-tone"],
}


def boxes_of(drawing):
    return {box.key: box for box in drawing.boxes}


def test_each_step_stands_after_everything_it_needs():
    boxes = boxes_of(layered(SUPPORT))
    for key, needs in SUPPORT.items():
        for need in needs:
            assert boxes[need].x + boxes[need].width < boxes[key].x


def test_no_two_boxes_overlap():
    for downward in (False, True):
        for one, other in combinations(layered(SUPPORT, downward=downward).boxes, 2):
            apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
            apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert apart_x or apart_y


def test_a_chain_is_a_straight_line():
    drawing = layered({"a": [], "b": ["a"], "c": ["b"]})
    assert len({box.y for box in drawing.boxes}) == 1
    assert all("C" not in edge.path for edge in drawing.edges)


def test_a_step_stands_in_the_middle_of_its_parallel_ones():
    boxes = boxes_of(layered(SUPPORT))
    assert boxes["send"].y == boxes["check-policy"].y == boxes["compose"].y
    assert boxes["retrieve"].y + boxes["sentiment"].y == pytest.approx(2 * boxes["classify"].y)


def test_edges_do_not_cross_where_they_need_not():
    crossed = {"a": [], "b": [], "c": [], "x": ["c"], "y": ["b"], "z": ["a"]}
    boxes = boxes_of(layered(crossed))
    assert [boxes[k].y for k in "abc"] == [boxes[k].y for k in "zyx"]


def test_a_long_edge_passes_beside_the_boxes_between():
    drawing = layered({"a": [], "b": ["a"], "c": ["b", "a"]})
    path = next(edge.path for edge in drawing.edges if (edge.source, edge.target) == ("a", "c"))
    level = float(path.split("L")[1].split("C")[0].split()[1])
    box = boxes_of(drawing)["b"]
    assert not box.y <= level <= box.y + box.height


def test_everything_lies_on_the_sheet():
    for downward in (False, True):
        drawing = layered(SUPPORT, Metrics(margin=8), downward=downward)
        assert min(box.x for box in drawing.boxes) >= 8
        assert min(box.y for box in drawing.boxes) >= 8
        assert max(box.x + box.width for box in drawing.boxes) <= drawing.width - 8
        assert max(box.y + box.height for box in drawing.boxes) <= drawing.height - 8


def test_downward_flows_from_top_to_bottom():
    boxes = boxes_of(layered(SUPPORT, downward=True))
    assert boxes["classify"].y < boxes["compose"].y < boxes["send"].y


def test_the_same_graph_is_always_drawn_the_same():
    assert layered(SUPPORT) == layered(dict(SUPPORT))


def test_a_need_named_twice_is_one_line():
    assert len(layered({"a": [], "b": ["a", "a"]}).edges) == 1


def test_an_empty_graph_is_an_empty_sheet():
    assert layered({}).boxes == ()


@pytest.mark.parametrize("needs", [{"a": ["b"], "b": ["a"]}, {"a": ["nobody"]}])
def test_what_cannot_be_ordered_is_refused(needs):
    with pytest.raises(ValueError, match="cycle or an unknown need"):
        layered(needs)


def test_a_large_graph_is_drawn_quickly():
    items = [f"item-{n}" for n in range(200)]
    wide = {"start": []} | {item: ["start"] for item in items} | {"end": items}
    assert len(layered(wide).edges) == 400
