"""Hand the record out, to be checked elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import IO, Any

from django.conf import settings

from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.audit.models import AuditCheckpoint
from coordination.audit.outside import single_file
from coordination.audit.selectors import checking
from coordination.audit.selectors.proofs import Subtrees
from coordination.audit.services.keys import handovers, signing_key, verifiers
from coordination.engine.proof.chain import moment
from coordination.engine.proof.manifest import LogFiles
from coordination.engine.proof.merkle import leaf_hash
from coordination.engine.proof.packing import PackWriter
from coordination.shared.clock import now


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment up to, and without, another."""

    since: datetime
    until: datetime


def export(file: IO[bytes], organization: Organization | None = None, period: Period | None = None) -> None:
    """Write a pack of all records of one organization, or of all; raises SigningKeyUnreadable.

    What was sealed is handed out as it was sealed: a record that was changed since does not fit its hash. Of a period
    each record comes with its proof; one that is not sealed yet has none, and is left out.
    """
    with PackWriter(file, kind="audit", made_at=moment(now())) as pack, checking.one_moment():
        for one in [organization] if organization else Organization.objects.order_by("slug"):
            if period is None:
                _write_whole(pack, one)
            else:
                _write_part(pack, one, period)
        sign(pack)


def sign(pack: PackWriter) -> None:
    """End a pack: with the verifier, and the manifest signed by the key of the audit log."""
    pack.write("verify.py", single_file())
    pack.close(settings.AUDIT_ORIGIN, signing_key(), handovers())


def _write_whole(pack: PackWriter, organization: Organization) -> None:
    folder = f"logs/{organization.slug}"
    records, checkpoints, heads = (f"{folder}/{name}.jsonl" for name in ("records", "checkpoints", "heads"))
    pack.write_lines(records, _records(organization))
    pack.write_lines(checkpoints, ({"number": one.number, "note": one.note} for one in checking.signed(organization)))
    pack.write_lines(
        heads,
        (
            {"stream": head.stream, "length": head.length, "head_hash": head.head_hash}
            for head in checking.heads_in_order(organization)
        ),
    )
    pack.add_log(_files(organization, checkpoints, [records], heads))


def _files(organization: Organization, checkpoints: str, records: list[str], heads: str = "") -> LogFiles:
    keys = [verifier.text() for verifier in verifiers(organization)]
    return LogFiles(organization.slug, str(organization.pk), keys, checkpoints, records, heads)


def _records(organization: Organization) -> Iterator[dict[str, Any]]:
    """Yield all records of an organization in the order of their leaves, then those that are not sealed yet."""
    for batch in chain.from_iterable(checking.batches(organization)):
        bodies = checking.bodies(batch.events)
        for seq, (event_id, leaf) in enumerate(zip(batch.events, batch.leaves, strict=True), start=batch.first_seq):
            body = bodies.get(event_id)
            yield {"seq": seq, "hash": leaf.hex()} if body is None else _line(seq, body, leaf)
    for event in selectors.unsealed(organization).order_by("id").iterator():
        yield _line(None, event.body, leaf_hash(event.body.encode()))


def _line(seq: int | None, body: str, leaf: bytes) -> dict[str, Any]:
    return {"seq": seq, "body": body, "hash": leaf.hex()}


def _write_part(pack: PackWriter, organization: Organization, period: Period) -> None:
    newest = selectors.checkpoints(organization).first()
    if newest is None:
        return
    records, checkpoints = (f"logs/{organization.slug}/{name}.jsonl" for name in ("records", "checkpoints"))
    pack.write_lines(records, _proved(organization, period, newest))
    pack.write_lines(checkpoints, [{"number": newest.number, "note": newest.note}])
    pack.add_log(_files(organization, checkpoints, [records]))


def _proved(organization: Organization, period: Period, by: AuditCheckpoint) -> Iterator[dict[str, Any]]:
    """Yield the records of a period in the order of their leaves, each with its proof."""
    subtrees = Subtrees(organization)
    for batch in chain.from_iterable(checking.batches_between(organization, period.since, period.until)):
        bodies = checking.bodies(batch.events, period.since, period.until)
        for seq, (event_id, leaf) in enumerate(zip(batch.events, batch.leaves, strict=True), start=batch.first_seq):
            if (body := bodies.get(event_id)) is not None:
                proof = [one.hex() for one in subtrees.inclusion(seq, by.size)]
                yield {**_line(seq, body, leaf), "size": by.size, "proof": proof}
