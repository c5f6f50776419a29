"""Counted decisions as a small table: one row for each combination of groups, decision and outcome."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from coordination.bias.manifest import MOST_GROUPS, AttributeSpec
from coordination.engine.trust.bias import Tally

# What is not among the largest groups, so that a number typed into the wrong column makes no thousand comparisons.
REST = "all other groups"
LEAST_TOGETHER = 30


@dataclass(frozen=True, slots=True)
class Cell:
    """So many decisions are alike in everything that is counted."""

    groups: Mapping[str, str]
    favourable: bool
    outcome: bool | None
    n: int


def tallies_in(cells: Iterable[Cell], attributes: Sequence[AttributeSpec]) -> dict[str, dict[str, Tally]]:
    """Return the counts of each group of each attribute; an expected group that was never seen counts nothing."""
    cells = list(cells)
    return {one.name: _tallies(cells, one) for one in attributes}


def unknown_in(cells: Iterable[Cell], attributes: Sequence[AttributeSpec]) -> dict[str, int]:
    """Return about how many decisions nothing is known, for each attribute."""
    cells = list(cells)
    return {one.name: sum(cell.n for cell in cells if one.name not in cell.groups) for one in attributes}


def together_in(cells: Iterable[Cell], attributes: Sequence[AttributeSpec]) -> dict[str, dict[str, Tally]]:
    """Return the counts of groups of two attributes together, of those that are large enough to be shown."""
    found: dict[str, Counter[tuple[str, bool]]] = {}
    names = [one.name for one in attributes]
    for cell in cells:
        known = [name for name in names if name in cell.groups]
        for at, first in enumerate(known):
            for second in known[at + 1 :]:
                group = f"{cell.groups[first]} · {cell.groups[second]}"
                found.setdefault(f"{first} · {second}", Counter())[group, cell.favourable] += cell.n
    whole = {name: {group: _tally(counts, group) for group, _ in counts} for name, counts in found.items()}
    return {name: {g: t for g, t in groups.items() if t.n >= LEAST_TOGETHER} for name, groups in whole.items()}


def _tallies(cells: Sequence[Cell], attribute: AttributeSpec) -> dict[str, Tally]:
    counts: Counter[tuple[str, bool]] = Counter()
    for cell in cells:
        if attribute.name in cell.groups:
            counts[cell.groups[attribute.name], cell.favourable] += cell.n
    expected = [*attribute.groups, *([attribute.reference] if attribute.reference else [])]
    found = {group: _tally(counts, group) for group in dict.fromkeys([*expected, *sorted(g for g, _ in counts)])}
    if len(found) <= MOST_GROUPS:
        return found
    kept = sorted(found, key=lambda group: (group not in expected, -found[group].n))[:MOST_GROUPS]
    rest = sum((tally for group, tally in found.items() if group not in kept), Tally())
    return {**{group: found[group] for group in kept}, REST: rest}


def _tally(counts: Counter[tuple[str, bool]], group: str) -> Tally:
    favourable = counts[group, True]
    return Tally(favourable + counts[group, False], favourable)
