"""Records whose time was over: their bodies are gone, their leaves stay, and a record says which they were."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

DROPPED = "RecordsDropped"


class Gone(NamedTuple):
    """A leaf without a body: its place, and the record's identifier where it is known."""

    seq: int
    id: str = ""


class Dropped:
    """Leaves without a body, by their hashes, and the ranges that sealed records say were dropped."""

    def __init__(self) -> None:
        self._gone: dict[str, Gone] = {}
        self._ranges: list[tuple[int, int]] = []

    def add(self, hashed: str, gone: Gone) -> None:
        """Take a leaf that has no body."""
        self._gone[hashed] = gone

    def read(self, content: Mapping[str, Any]) -> list[tuple[int, int]]:
        """Take and return what a record says was dropped: `ranges` are first and last places."""
        said = list(_ranges(content.get("data"))) if content.get("kind") == DROPPED else []
        self._ranges += said
        return said

    def judged(self) -> tuple[set[str], dict[str, Gone]]:
        """Return the hashes of those that a record says were dropped, and those that were removed."""
        ranges, at, end = sorted(self._ranges), 0, -1
        dropped: set[str] = set()
        removed: dict[str, Gone] = {}
        for hashed, gone in sorted(self._gone.items(), key=lambda item: item[1].seq):
            while at < len(ranges) and ranges[at][0] <= gone.seq:
                end = max(end, ranges[at][1])
                at += 1
            if gone.seq <= end:
                dropped.add(hashed)
            else:
                removed[hashed] = gone
        return dropped, removed


def _ranges(data: Any) -> Iterator[tuple[int, int]]:
    for one in data.get("ranges", ()) if isinstance(data, dict) else ():
        if isinstance(one, list) and len(one) == 2 and all(type(end) is int for end in one):
            yield one[0], one[1]
