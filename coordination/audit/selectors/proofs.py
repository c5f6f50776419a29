"""Proofs from the tree: that a record is in it, and that it only ever grew. Each costs as much as its path is long."""

from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_

from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.audit.models import BATCH, AuditNode
from coordination.audit.selectors.sealed import leaves
from coordination.engine.proof.merkle import EMPTY_ROOT, Frontier, consistency_proof, inclusion_proof

# From this height on subtrees are kept; those below are made of their leaves.
_KEPT_FROM = (BATCH - 1).bit_length()


class Subtrees:
    """Roots of an organization's complete subtrees; what was read for one proof serves the next."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization
        self._known: dict[tuple[int, int], bytes] = {}
        self._leaves: dict[int, list[bytes]] = {}

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """Return the way from a leaf to the root of the tree of `size` leaves, with two statements at most."""
        wanted: list[tuple[int, int]] = []
        inclusion_proof(seq, size, _noting(wanted))
        self._fetch(wanted)
        return inclusion_proof(seq, size, self._root)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return what shows that the tree of `new` leaves begins with the one of `old`."""
        wanted: list[tuple[int, int]] = []
        consistency_proof(old, new, _noting(wanted))
        self._fetch(wanted)
        return consistency_proof(old, new, self._root)

    def _fetch(self, wanted: Iterable[tuple[int, int]]) -> None:
        """Read the kept subtrees among those that are wanted, all at once."""
        kept = [place for place in wanted if place[0] >= _KEPT_FROM and place not in self._known]
        if not kept:
            return
        places = reduce(or_, (Q(level=level, index=index) for level, index in kept))
        rows = AuditNode.objects.filter(places, organization=self._organization)
        for level, index, raw in rows.values_list("level", "index", "hash"):
            self._known[level, index] = bytes(raw)

    def _root(self, level: int, index: int) -> bytes:
        if level >= _KEPT_FROM:
            # Of what was removed behind the triggers there is no proof: one that does not hold says so.
            return self._known.get((level, index), EMPTY_ROOT)
        first, count = index << level, 1 << level
        window = first // BATCH
        if window not in self._leaves:
            self._leaves[window] = leaves(self._organization, window * BATCH, (window + 1) * BATCH)
        at = first - window * BATCH
        return Frontier().extended(self._leaves[window][at : at + count]).root()


def inclusion(organization: Organization, seq: int, size: int) -> list[bytes]:
    """Return the hashes that lead from a leaf to the root of the tree of `size` leaves."""
    return Subtrees(organization).inclusion(seq, size)


def consistency(organization: Organization, old: int, new: int) -> list[bytes]:
    """Return the hashes that show that the tree of `new` leaves begins with the one of `old`."""
    return Subtrees(organization).consistency(old, new)


def _noting(wanted: list[tuple[int, int]]) -> Callable[[int, int], bytes]:
    """Return what answers a proof that is made only to learn which subtrees it needs."""

    def note(level: int, index: int) -> bytes:
        wanted.append((level, index))
        return EMPTY_ROOT

    return note
