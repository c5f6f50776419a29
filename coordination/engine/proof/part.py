"""Chosen records of an organization's log, each with the proof that it is in the tree of a signed checkpoint."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coordination.engine.proof.findings import Finding, Findings, Report
from coordination.engine.proof.lines import Line, hashes_of, number_of
from coordination.engine.proof.merkle import verify_consistency, verify_inclusion
from coordination.engine.proof.note import Checkpoint, NoteInvalid, Verifier, opened
from coordination.engine.proof.tree import Signed, kept_of


class PartOfLog:
    """Check records that come in any order, and the checkpoints that they are proved by."""

    def __init__(self, organization: str, verifiers: Sequence[Verifier]) -> None:
        self.findings = Findings()
        self._organization = organization
        self._verifiers = verifiers
        self._origins = {verifier.name for verifier in verifiers}
        self._newest: Checkpoint | None = None
        self._roots: dict[int, bytes] = {}
        self._streams: set[str] = set()
        self._seen: set[int] = set()

    def add_checkpoint(self, signed: Signed, proof: Any) -> None:
        """Take a checkpoint with the proof that its tree goes on from the one before; raises LineInvalid."""
        hashes = hashes_of(proof)
        try:
            said = opened(signed.note, self._verifiers)
        except NoteInvalid as error:
            self._find(signed, str(error))
            return
        before = self._newest or Checkpoint(said.origin, said.size, said.root)
        if said.origin not in self._origins or said.origin != before.origin:
            self._find(signed, f"is one of another log: {said.origin}")
        elif not verify_consistency(before.size, said.size, before.root, said.root, hashes):
            self._find(signed, f"does not go on from the one of {before.size} records before it")
        else:
            self._newest = said
            self._roots[said.size] = said.root

    def add(self, raw: Mapping[str, Any]) -> None:
        """Take a record; raises LineInvalid."""
        line, size, proof = Line.of(raw), number_of(raw.get("size")), hashes_of(raw.get("proof"))
        content, root = line.content(), self._roots.get(size)
        if content is None or content["organization"] != self._organization:
            problem = "its body is not that of a record of this log"
        elif line.claimed != line.leaf:
            problem = "its body does not have the recorded hash"
        elif root is None:
            problem = f"there is no checkpoint of {size} records here that proves it"
        elif not verify_inclusion(line.leaf, number_of(line.seq), size, proof, root):
            problem = f"it is not in the tree of {size} records"
        else:
            self._streams.add(content["stream"])
            self._seen.add(number_of(line.seq))
            return
        self.findings.append(line.changed(problem, self._organization))

    def finish(self, kept: Iterable[str] = ()) -> Report:
        """Say what was found, once all records are in; `kept` are notes of checkpoints that were kept elsewhere."""
        for one in kept_of(kept, self._verifiers, self.findings):
            if one.size not in self._roots:
                problem = "can't be compared with this part of the log: compare it with all of it"
            elif self._roots[one.size] != one.root:
                problem = "is of another tree"
            else:
                continue
            self.findings.append(Finding(f"The checkpoint of {one.size} records that was kept elsewhere {problem}"))
        return Report(
            streams=len(self._streams),
            checked=len(self._seen),
            findings=tuple(self.findings),
            sealed=len(self._seen),
            checkpoints=len(self._roots),
        )

    def _find(self, signed: Signed, problem: str) -> None:
        self.findings.append(Finding(problem, self._organization, checkpoint=signed.number))
