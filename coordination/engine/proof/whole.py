"""All of an organization's log, outside its database."""

from collections.abc import Iterable, Sequence

from coordination.engine.proof.body import content_of
from coordination.engine.proof.dropped import DROPPED, Dropped, Gone
from coordination.engine.proof.findings import Finding, Findings, Report
from coordination.engine.proof.lines import Line, link_of
from coordination.engine.proof.links import Head, Links
from coordination.engine.proof.note import Verifier
from coordination.engine.proof.tree import Signed, Tree, kept_of, points

_LEAVES_AT_A_TIME = 4_096


class WholeLog:
    """Check all records of a log, in the order of their leaves, and then those that are not sealed yet."""

    def __init__(
        self,
        organization: str,
        signed: Iterable[Signed],
        verifiers: Sequence[Verifier],
        kept: Iterable[str] = (),
    ) -> None:
        """Take the checkpoints in the order of their numbers, and notes of checkpoints that were kept elsewhere."""
        self.findings = Findings()
        self._organization = organization
        elsewhere = kept_of(kept, verifiers, self.findings)
        self._tree = Tree(points(signed, verifiers, self.findings), self.findings, elsewhere)
        self._links = Links(organization, self.findings)
        self._gone = Dropped()
        self._leaves: list[bytes] = []
        self._places = self._checked = self._sealed = self._n_dropped = 0

    def add(self, line: Line) -> None:
        """Take the next record."""
        if line.body is not None:
            self._read(line)
        if line.seq is None:
            return
        self._place(line.seq)
        if line.body is None:
            self._gone.add(line.leaf.hex(), Gone(line.seq))
        else:
            self._sealed += 1
        self._leaves.append(line.leaf)
        if len(self._leaves) >= _LEAVES_AT_A_TIME:
            self._grow()

    def stop(self, problem: str) -> None:
        """Take note that the next record can't be read."""
        self.findings.append(Finding(f"can't be read: {problem}", self._organization, seq=self._places))

    def finish(self, heads: Iterable[Head]) -> None:
        """Find what is missing, once all records are in."""
        self._grow()
        self._n_dropped = self._links.finish(heads, self._gone)
        self._tree.finish()

    def report(self) -> Report:
        """Say what was found so far."""
        return Report(
            streams=self._links.streams,
            checked=self._checked,
            findings=tuple(self.findings),
            sealed=self._sealed,
            dropped=self._n_dropped,
            checkpoints=self._tree.checkpoints,
        )

    def _read(self, line: Line) -> None:
        self._checked += 1
        if line.claimed != line.leaf:
            self.findings.append(line.changed("its body does not have the recorded hash", self._organization))
        content = content_of(line.body or "")
        link = link_of(content, line.leaf.hex())
        if content is None or link is None:
            self.findings.append(line.changed("its body is not that of a record", self._organization))
            return
        if content["organization"] != self._organization:
            self.findings.append(line.changed("it is of another organization", self._organization))
        self._links.add(link)
        if link.kind == DROPPED:
            self._gone.read(content)

    def _place(self, seq: int) -> None:
        if seq > self._places:
            problem = "was removed" if seq == self._places + 1 else f"was removed, with all up to place {seq - 1}"
            self.findings.append(Finding(problem, self._organization, seq=self._places))
        elif seq < self._places:
            problem = f"is out of order: place {self._places} was expected here"
            self.findings.append(Finding(problem, self._organization, seq=seq))
        self._places = seq + 1

    def _grow(self) -> None:
        self._tree.add(self._leaves)
        self._leaves = []
