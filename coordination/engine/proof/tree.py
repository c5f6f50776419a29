"""A tree that is grown again leaf by leaf, and compared with every checkpoint that was signed of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from typing import NamedTuple

from coordination.engine.proof.findings import Finding, Findings
from coordination.engine.proof.merkle import HIGHER_THAN_ANY, Frontier, Node, extend
from coordination.engine.proof.note import Checkpoint, NoteInvalid, Verifier, opened, read


class Signed(NamedTuple):
    """A checkpoint as it was kept: its number, its note, and in a database what is repeated of it in columns."""

    number: int
    note: str
    columns: tuple[Frontier, bytes] | None = None


class Point(NamedTuple):
    """What a tree must be at a size; number 0 stands for a checkpoint that was kept elsewhere."""

    size: int
    number: int
    root: bytes


def points(signed: Iterable[Signed], verifiers: Sequence[Verifier], findings: Findings) -> Iterator[Point]:
    """Yield what checkpoints in the order of their numbers say, and find those that nobody signed, or that are gone."""
    before = Point(0, 0, b"")
    for one in signed:
        number = one.number
        if number != before.number + 1:
            findings.append(Finding("was removed", checkpoint=before.number + 1))
        said = _opened(one, verifiers, findings)
        if said is not None and said.size < before.size:
            findings.append(Finding(f"covers fewer records than checkpoint {before.number}", checkpoint=number))
            said = None
        before = Point(said.size, number, said.root) if said else Point(before.size, number, b"")
        if said:
            yield before


def _opened(signed: Signed, verifiers: Sequence[Verifier], findings: Findings) -> Checkpoint | None:
    try:
        said = opened(signed.note, verifiers)
    except NoteInvalid as error:
        findings.append(Finding(str(error), checkpoint=signed.number))
        return None
    if said.origin not in {verifier.name for verifier in verifiers}:
        findings.append(Finding(f"is one of another log: {said.origin}", checkpoint=signed.number))
        return None
    if signed.columns:
        frontier, root = signed.columns
        if not said.root == root == frontier.root() or said.size != frontier.size:
            findings.append(Finding("was changed: its columns differ from its note", checkpoint=signed.number))
    return said


def kept_of(notes: Iterable[str], verifiers: Sequence[Verifier], findings: Findings) -> list[Checkpoint]:
    """Return the checkpoints of this log among those that were kept elsewhere; who signed them must be known."""
    names = {verifier.name for verifier in verifiers}
    found: list[Checkpoint] = []
    for note in notes:
        try:
            if read(note).origin in names:
                found.append(opened(note, verifiers))
        except NoteInvalid as error:
            findings.append(Finding(f"The checkpoint that was kept elsewhere {error}"))
    return found


class Tree:
    """Grow a tree and compare it with what it must be, in the order of sizes, in constant memory."""

    def __init__(
        self,
        expected: Iterable[Point],
        findings: Findings,
        kept: Iterable[Checkpoint] = (),
        subtrees: Mapping[tuple[int, int], bytes] | None = None,
        floor: int = HIGHER_THAN_ANY,
    ) -> None:
        """Take what checkpoints say, what was kept of them elsewhere, and subtrees from a height on that are kept."""
        elsewhere = sorted(Point(one.size, 0, one.root) for one in kept)
        self._expected = merge(expected, elsewhere, key=lambda point: point.size)
        self._findings = findings
        self._subtrees = dict(subtrees or {})
        self._floor = floor
        self._frontier = Frontier()
        self._next: Point | None = None
        self._covered = self._compared = self.checkpoints = 0

    @property
    def size(self) -> int:
        """Return how many leaves there are."""
        return self._frontier.size

    def add(self, leaves: Sequence[bytes]) -> None:
        """Take the next leaves."""
        while leaves:
            self._compare()
            point = self._expects()
            count = point.size - self._frontier.size if point else len(leaves)
            self._frontier, completed = extend(self._frontier, leaves[:count], self._floor)
            self._compare_subtrees(completed)
            leaves = leaves[count:]

    def finish(self) -> None:
        """Find what is too short or too long, once all leaves are in."""
        self._compare()
        size = self._frontier.size
        while point := self._expects():
            self._find(point, f"covers {point.size} records, of which only {size} are left")
            self._pass(point)
        for level, index in self._subtrees:
            self._findings.append(Finding("the tree has a subtree above it that was added", seq=index << level))
        if size > self._covered:
            self._findings.append(Finding("is in the tree, but under no checkpoint", seq=self._covered))

    def _compare_subtrees(self, completed: Iterable[Node]) -> None:
        for node in completed:
            if self._subtrees.pop((node.level, node.index), None) != node.hash:
                problem = "the tree has a subtree above it that was changed or removed"
                self._findings.append(Finding(problem, seq=node.index << node.level))

    def _compare(self) -> None:
        """Compare the tree with all that say what it is at its present size."""
        while (point := self._expects()) and point.size == self._frontier.size:
            if self._frontier.root() != point.root:
                self._find(point, f"is not of the records that are here: one {self._since()} is not what it was")
            self._pass(point)

    def _expects(self) -> Point | None:
        """Return what the tree is to be compared with next."""
        if self._next is None:
            self._next = next(self._expected, None)
        return self._next

    def _pass(self, point: Point) -> None:
        if point.number:
            self._covered = max(self._covered, point.size)
            self.checkpoints += 1
        self._compared, self._next = self._frontier.size, None

    def _since(self) -> str:
        """Say which leaves were added since the last comparison: in a later one all before are inside too."""
        last = self._frontier.size - 1
        return f"at the places {self._compared} to {last}" if self._compared <= last else f"up to place {last}"

    def _find(self, point: Point, problem: str) -> None:
        if point.number:
            self._findings.append(Finding(problem, checkpoint=point.number))
        else:
            said = f"The checkpoint of {point.size} records that was kept elsewhere {problem}"
            self._findings.append(Finding(said))
