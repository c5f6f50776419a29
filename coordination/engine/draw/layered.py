"""A graph of steps as coordinates: layers by longest path, few crossings, straight where it can be.

Source: K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System Structures",
IEEE Transactions on Systems, Man, and Cybernetics 11(2), 1981.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

ORDER_SWEEPS = 8
PLACE_SWEEPS = 12

# A step's key, or (source, target, layer) for the place where a long edge passes a layer.
Node: TypeAlias = Hashable
Layers: TypeAlias = list[list[Node]]
Neighbours: TypeAlias = dict[Node, list[Node]]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Sizes in pixels; `along` is the direction of flow."""

    width: float = 168
    height: float = 54
    gap_along: float = 54
    gap_across: float = 32
    margin: float = 8


@dataclass(frozen=True, slots=True)
class Box:
    """Where one step stands: its upper left corner and its size."""

    key: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one step to another, as the `d` of an SVG path."""

    source: str
    target: str
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and lines, and the size of the sheet they fill."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    width: float
    height: float


def layered(needs: Mapping[str, Sequence[str]], metrics: Metrics = Metrics(), *, downward: bool = False) -> Drawing:
    """Draw the graph in which each key comes after everything it needs; flows to the right or downward.

    Raises ValueError for a need that is not a key, and for a cycle.
    """
    if not needs:
        return Drawing((), (), 0, 0)
    layer_of = _layers_of(needs)
    layers, before, after = _with_passages(needs, layer_of)
    _order(layers, before, after)
    across = _place(layers, before, after, metrics, downward)
    return _draw(needs, layer_of, across, metrics, downward)


def _layers_of(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return each key's layer: one more than the deepest of what it needs."""
    layer_of: dict[str, int] = {}
    waiting = list(needs)
    while waiting:
        able = [key for key in waiting if all(need in layer_of for need in needs[key])]
        if not able:
            raise ValueError(f"the graph has a cycle or an unknown need among {', '.join(waiting)}")
        for key in able:
            layer_of[key] = max((layer_of[need] + 1 for need in needs[key]), default=0)
        waiting = [key for key in waiting if key not in layer_of]
    return layer_of


def _with_passages(
    needs: Mapping[str, Sequence[str]], layer_of: Mapping[str, int]
) -> tuple[Layers, Neighbours, Neighbours]:
    """Return the layers, with a passage wherever an edge crosses one, and each node's neighbours."""
    layers: Layers = [[] for _ in range(max(layer_of.values()) + 1)]
    before: Neighbours = {}
    after: Neighbours = {}
    for key, layer in layer_of.items():
        layers[layer].append(key)
    for target, sources in needs.items():
        for source in dict.fromkeys(sources):
            for passage in _passages(source, target, layer_of):
                layers[passage[2]].append(passage)
            for one, next_one in pairwise([source, *_passages(source, target, layer_of), target]):
                after.setdefault(one, []).append(next_one)
                before.setdefault(next_one, []).append(one)
    return layers, before, after


def _passages(source: str, target: str, layer_of: Mapping[str, int]) -> list[tuple[str, str, int]]:
    return [(source, target, layer) for layer in range(layer_of[source] + 1, layer_of[target])]


def _order(layers: Layers, before: Neighbours, after: Neighbours) -> None:
    """Reorder each layer in place by the barycentre of its neighbours; keep what crosses least."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, after)
    for sweep in range(ORDER_SWEEPS):
        forward = sweep % 2 == 0
        for index in range(1, len(layers)) if forward else range(len(layers) - 2, -1, -1):
            fixed = layers[index - 1 if forward else index + 1]
            _sort_by_barycentre(layers[index], fixed, before if forward else after)
        crossings = _crossings(layers, after)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    layers[:] = best


def _sort_by_barycentre(layer: list[Node], fixed: list[Node], neighbours: Neighbours) -> None:
    position = {node: index for index, node in enumerate(fixed)}
    own = {node: float(index) for index, node in enumerate(layer)}

    def barycentre(node: Node) -> float:
        around = neighbours.get(node, [])
        return sum(position[other] for other in around) / len(around) if around else own[node]

    layer.sort(key=barycentre)


def _crossings(layers: Layers, after: Neighbours) -> int:
    total = 0
    for left, right in pairwise(layers):
        position = {node: index for index, node in enumerate(right)}
        ends = [sorted(position[other] for other in after.get(node, [])) for node in left]
        seen: list[int] = []
        for group in ends:
            total += sum(end < other for end in group for other in seen)
            seen.extend(group)
    return total


def _place(
    layers: Layers, before: Neighbours, after: Neighbours, metrics: Metrics, downward: bool
) -> dict[Node, float]:
    """Return each node's centre across the flow: as near to its neighbours as the gaps allow."""
    extent = metrics.width if downward else metrics.height

    def size(node: Node) -> float:
        return extent if isinstance(node, str) else 0

    centre: dict[Node, float] = {}
    for layer in layers:
        place = 0.0
        total = sum(size(node) + metrics.gap_across for node in layer)
        for node in layer:
            centre[node] = place + size(node) / 2 - total / 2
            place += size(node) + metrics.gap_across
    for sweep in range(PLACE_SWEEPS):
        forward = sweep % 2 == 0
        for layer in layers if forward else reversed(layers):
            near = [
                [centre[other] for other in (before if forward else after).get(node, [])] or [centre[node]]
                for node in layer
            ]
            wished = [sum(places) / len(places) for places in near]
            gaps = [(size(one) + size(other)) / 2 + metrics.gap_across for one, other in pairwise(layer)]
            centre.update(zip(layer, _spread(wished, gaps), strict=True))
    return centre


def _spread(wished: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Return the places nearest to the wished ones, by least squares, that keep the gaps between neighbours.

    Without the gaps this is isotonic regression, which pooling adjacent violators solves exactly.
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    blocks: list[tuple[float, int]] = []
    for wish, offset in zip(wished, offsets, strict=True):
        total, n = wish - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / n:
            earlier, n_earlier = blocks.pop()
            total, n = total + earlier, n + n_earlier
        blocks.append((total, n))
    level = [total / n for total, n in blocks for _ in range(n)]
    return [place + offset for place, offset in zip(level, offsets, strict=True)]


def _draw(
    needs: Mapping[str, Sequence[str]],
    layer_of: Mapping[str, int],
    across: dict[Node, float],
    metrics: Metrics,
    downward: bool,
) -> Drawing:
    length, extent = (metrics.height, metrics.width) if downward else (metrics.width, metrics.height)
    # Passages have no extent of their own, but their line must stay on the sheet.
    low = min(place - (extent / 2 if isinstance(node, str) else 0) for node, place in across.items())
    high = max(place + (extent / 2 if isinstance(node, str) else 0) for node, place in across.items())
    shift = metrics.margin - low
    step = length + metrics.gap_along

    def point(along: float, place: float) -> tuple[float, float]:
        at = round(along, 1), round(place + shift, 1)
        return (at[1], at[0]) if downward else at

    def start(layer: int) -> float:
        return metrics.margin + layer * step

    boxes = []
    for key in needs:
        x, y = point(start(layer_of[key]), across[key] - extent / 2)
        boxes.append(Box(key, x, y, metrics.width, metrics.height))
    edges = []
    for target, sources in needs.items():
        for source in dict.fromkeys(sources):
            points = [point(start(layer_of[source]) + length, across[source])]
            for passage in _passages(source, target, layer_of):
                begin = start(passage[2])
                points += [point(begin, across[passage]), point(begin + length, across[passage])]
            points.append(point(start(layer_of[target]), across[target]))
            edges.append(Edge(source, target, _path(points, downward)))
    along = 2 * metrics.margin + (max(layer_of.values()) + 1) * step - metrics.gap_along
    breadth = round(high - low + 2 * metrics.margin, 1)
    width, height = (breadth, along) if downward else (along, breadth)
    return Drawing(tuple(boxes), tuple(edges), width, height)


def _path(points: Sequence[tuple[float, float]], downward: bool) -> str:
    """Join points: curves through the gaps between layers, straight lines past a layer."""
    parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for index, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        straight = index % 2 == 1 or (x1 == x2 if downward else y1 == y2)
        if straight:
            parts.append(f"L{x2:g} {y2:g}")
        elif downward:
            middle = (y1 + y2) / 2
            parts.append(f"C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}")
        else:
            middle = (x1 + x2) / 2
            parts.append(f"C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}")
    return "".join(parts)
