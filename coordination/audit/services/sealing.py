"""Seal committed records: give each its place in its organization's tree, and sign what the tree is then.

Which records are committed and not sealed needs no list beside them: each holds the number of the transaction that
wrote it. PostgreSQL's `pg_snapshot_xmin` is the lowest number of a transaction that may still be running, so that below
it nothing new can appear: what is there below it and above the mark of the last pass is what is to be sealed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import Exists, Func, OuterRef, Q, Subquery, TextField, Value

from coordination.accounts.models import Organization
from coordination.audit.errors import TreeDamaged
from coordination.audit.models import (
    BATCH,
    AuditBatch,
    AuditCheckpoint,
    AuditEvent,
    AuditKey,
    AuditNode,
    AuditSealer,
)
from coordination.audit.selectors.sealed import batch_of
from coordination.audit.services import keys
from coordination.audit.terms import terms_of
from coordination.audit.transactions import Moment, has_news, is_alone, moment_now
from coordination.engine.proof.merkle import Frontier, Node, extend, leaf_hash
from coordination.engine.proof.note import Checkpoint, sign
from coordination.shared.clock import now
from coordination.shared.live import ring

# So many records are sealed in one transaction, and no more than those of one transaction that wrote more.
MOST = 5_000
SILENCE = timedelta(hours=1)
_HASH_BYTES = 32
# Subtrees from this height on are kept: those below are made of what one batch or two hold.
_FLOOR = (BATCH - 1).bit_length()
_LOCK = 0x5EA1


@dataclass(frozen=True, slots=True)
class _Tree:
    """Where an organization's tree stands, and the number of its last checkpoint."""

    organization: Organization
    number: int
    frontier: Frontier


def seal() -> int:
    """Seal what was committed since the last time, and return how many records that were.

    Does nothing while another does it. Raises SigningKeyUnreadable, SigningKeyUnknown, TreeDamaged.
    """
    return _seal() if has_news(AuditSealer, "sealed_below") else 0


@transaction.atomic
def _seal() -> int:
    if not is_alone(_LOCK):
        return 0
    sealer = AuditSealer.objects.select_for_update().get_or_create(pk=1)[0]
    moment = moment_now()
    if sealer.system_id != moment.system_id:
        _begin_anew(sealer, moment.system_id)
    records, sealer.sealed_below = _unsealed(sealer, moment)
    sealer.save()
    if records:
        key = keys.signing_key()
        _grow(records, key, keys.registered(key))
    return len(records)


@transaction.atomic
def prove_silence() -> int:
    """Sign every tree that was not signed for an hour: a checkpoint that never comes is one that somebody kept back."""
    if not is_alone(_LOCK):
        return 0
    signed_lately = AuditCheckpoint.objects.filter(organization=OuterRef("pk"), created_at__gt=now() - SILENCE)
    silent = Organization.objects.filter(~Exists(signed_lately)).order_by("pk")
    trees = _trees([organization.pk for organization in silent])
    if trees:
        key = keys.signing_key()
        row = keys.registered(key)
        AuditCheckpoint.objects.bulk_create([_checkpoint(tree, tree.frontier, key, row) for tree in trees])
    return len(trees)


def _begin_anew(sealer: AuditSealer, system_id: str) -> None:
    """Count from the start where the database came to another cluster, whose transactions have numbers of their own.

    Records that came along bear numbers of the old one: until the new numbers have passed them, each record is
    looked up before it is sealed.
    """
    if sealer.system_id:
        last = AuditEvent.objects.order_by("-written_in").values_list("written_in", flat=True).first()
        sealer.sealed_below, sealer.recheck_below = 0, (last or 0) + 1
    sealer.system_id = system_id


def _unsealed(sealer: AuditSealer, moment: Moment) -> tuple[list[AuditEvent], int]:
    """Return the records to seal now, in the order of their leaves, and the mark that all below it are sealed."""
    below = moment.oldest_running
    known = Q(written_in__gte=sealer.sealed_below, written_in__lt=below)
    waiting = AuditEvent.objects.filter(known)
    if sealer.sealed_below < sealer.recheck_below:
        # Numbers that this cluster has not given came along with their records.
        is_sealed = Exists(batch_of(OuterRef("organization"), OuterRef("id"), OuterRef("occurred_at")))
        waiting = AuditEvent.objects.filter(known | Q(written_in__gte=moment.next)).filter(~is_sealed)
    records = list(waiting.order_by("written_in", "id")[: MOST + 1])
    if len(records) <= MOST:
        return records, below
    # The last transaction's records may be cut: they come with the next pass, unless there are no others.
    last = records[-1].written_in
    whole = [record for record in records if record.written_in < last]
    if whole:
        return whole, min(last, below)
    return list(waiting.filter(written_in=last).order_by("id")), min(last + 1, below)


def _grow(records: Sequence[AuditEvent], key: Ed25519PrivateKey, row: AuditKey) -> None:
    """Add the records to the trees of their organizations, and sign each."""
    of_organization = attrgetter("organization_id")
    found = {one: list(own) for one, own in groupby(sorted(records, key=of_organization), key=of_organization)}
    checkpoints: list[AuditCheckpoint] = []
    batches: list[AuditBatch] = []
    nodes: list[AuditNode] = []
    for tree in _trees(list(found)):
        own = found[tree.organization.pk]
        leaves = [leaf_hash(record.body.encode()) for record in own]
        frontier, completed = extend(tree.frontier, leaves, _FLOOR)
        checkpoint = _checkpoint(tree, frontier, key, row)
        checkpoints.append(checkpoint)
        batches += _batches(checkpoint, tree.frontier.size, own, leaves)
        nodes += [_node(tree.organization, node) for node in completed]
    AuditCheckpoint.objects.bulk_create(checkpoints)
    AuditBatch.objects.bulk_create(batches)
    AuditNode.objects.bulk_create(nodes)
    for checkpoint in checkpoints:
        ring(checkpoint.organization_id, "audit")


def _trees(organizations: Iterable[UUID]) -> list[_Tree]:
    """Return the trees of these organizations, in one order everywhere."""
    wanted = Organization.objects.in_bulk(list(organizations))
    # The newest of each by its index: there may be millions before it.
    newest = AuditCheckpoint.objects.filter(organization=OuterRef("pk")).order_by("-number").values("pk")[:1]
    last = Organization.objects.filter(pk__in=wanted).values_list(Subquery(newest))
    known = {one.organization_id: one for one in AuditCheckpoint.objects.filter(pk__in=last)}
    return [_tree(wanted[one], known.get(one)) for one in sorted(wanted)]


def _tree(organization: Organization, last: AuditCheckpoint | None) -> _Tree:
    if last is None:
        return _Tree(organization, 0, Frontier())
    raw = bytes(last.peaks)
    peaks = tuple(raw[at : at + _HASH_BYTES] for at in range(0, len(raw), _HASH_BYTES))
    frontier = Frontier(last.size, peaks)
    # What was signed must be what is grown: nobody gets a signature by changing the peaks.
    if frontier.root() != bytes(last.root):
        raise TreeDamaged(number=last.number, slug=organization.slug)
    return _Tree(organization, last.number, frontier)


def _checkpoint(tree: _Tree, frontier: Frontier, key: Ed25519PrivateKey, row: AuditKey) -> AuditCheckpoint:
    origin, root = keys.origin_of(tree.organization), frontier.root()
    return AuditCheckpoint(
        organization=tree.organization,
        number=tree.number + 1,
        size=frontier.size,
        root=root,
        peaks=b"".join(frontier.peaks),
        note=sign(Checkpoint(origin, frontier.size, root), origin, key),
        key=row,
        created_at=now(),
    )


def _batches(
    checkpoint: AuditCheckpoint, first: int, records: Sequence[AuditEvent], leaves: Sequence[bytes]
) -> Iterator[AuditBatch]:
    for at in range(0, len(records), BATCH):
        own = records[at : at + BATCH]
        terms = sorted(set().union(*map(terms_of, own)))
        yield AuditBatch(
            organization=checkpoint.organization,
            checkpoint=checkpoint,
            first_seq=first + at,
            events=[record.id for record in own],
            leaves=b"".join(leaves[at : at + BATCH]),
            terms=Func(Value(terms, ArrayField(TextField())), function="array_to_tsvector"),
            first_at=min(record.occurred_at for record in own),
            last_at=max(record.occurred_at for record in own),
        )


def _node(organization: Organization, node: Node) -> AuditNode:
    return AuditNode(organization=organization, level=node.level, index=node.index, hash=node.hash)
