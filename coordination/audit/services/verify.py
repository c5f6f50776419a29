"""Is the record still what was written?"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from coordination.accounts.models import Organization
from coordination.audit.models import BATCH, AuditEvent
from coordination.audit.selectors import checking, safeguards, sealed
from coordination.audit.services.keys import handovers, verifiers
from coordination.engine.proof.dropped import DROPPED
from coordination.engine.proof.findings import Finding, Findings, Report, added
from coordination.engine.proof.handover import followed
from coordination.engine.proof.kept import KeptLog
from coordination.engine.proof.note import Verifier
from coordination.engine.proof.tree import Tree, kept_of, points

# Subtrees from this height on are kept, see the sealer.
_FLOOR = (BATCH - 1).bit_length()


def verify(
    organization: Organization | None = None,
    stream: str | None = None,
    *,
    against: Sequence[str] = (),
    pinned: Collection[bytes] = (),
) -> Report:
    """Check every record, stream, leaf and checkpoint of one organization or of all, or the records of one stream.

    `against` are notes of checkpoints that were kept elsewhere: without one, nobody can tell a log that was written
    anew as a whole. `pinned` are the only public keys to trust, with those that they handed over to. The first findings
    are kept.
    """
    with checking.one_moment():
        if organization is not None and stream is not None:
            return _verify_stream(organization, stream)
        organizations = [organization] if organization else list(Organization.objects.order_by("slug"))
        logs = _matched(organization)
        reports = [_check(one, logs, against, followed(pinned, handovers())) for one in organizations]
        homeless = (Finding("There are records of an organization that is gone", one) for one in logs)
        removed = (Finding(problem) for problem in safeguards.missing_triggers())
        report = added(reports)
        return replace(report, findings=(*report.findings, *homeless, *removed))


def _verify_stream(organization: Organization, stream: str) -> Report:
    log = KeptLog(str(organization.pk), checking.sealed_below())
    for row in chain.from_iterable(checking.rows(organization, stream)):
        log.add(row)
    for batch in chain.from_iterable(checking.batches(organization, stream)):
        log.add_leaves(batch.first_seq, batch.events, batch.leaves, of_all=False)
    heads = list(checking.heads_in_order(organization, stream))
    if log.checked < sum(head.length for head in heads):
        _take_dropped(organization, log)
    log.finish(heads)
    return Report(log.streams, log.checked, tuple(log.findings), log.checked - log.unsealed)


def _take_dropped(organization: Organization, log: KeptLog) -> None:
    """Tell the log what was dropped because its time was over: records of the stream may be among it."""
    for said in AuditEvent.objects.filter(organization=organization, kind=DROPPED):
        log.read_dropped(said.content, partial(sealed.leaves, organization))


def _matched(organization: Organization | None) -> dict[str, KeptLog]:
    """Return the logs with their records, compared with their leaves.

    Of the two that which is behind is read next: so what waits for its counterpart stays little.
    """
    below = checking.sealed_below()
    logs: dict[str, KeptLog] = {}
    batches, rows = checking.batches(organization), checking.rows(organization)
    n_leaves = n_rows = 0
    while True:
        some = next(batches, None) if n_leaves <= n_rows else None
        for batch in some or ():
            _log(logs, batch.organization, below).add_leaves(batch.first_seq, batch.events, batch.leaves)
            n_leaves += len(batch.events)
        if some:
            continue
        read = next(rows, None)
        if read is None:
            break
        for row in read:
            _log(logs, row.organization, below).add(row)
        n_rows += len(read)
    for batch in chain.from_iterable(batches):
        _log(logs, batch.organization, below).add_leaves(batch.first_seq, batch.events, batch.leaves)
    return logs


def _log(logs: dict[str, KeptLog], organization: str, sealed_below: int) -> KeptLog:
    if organization not in logs:
        logs[organization] = KeptLog(organization, sealed_below)
    return logs[organization]


def _check(
    organization: Organization, logs: dict[str, KeptLog], against: Sequence[str], pinned: frozenset[bytes]
) -> Report:
    """Finish the log of an organization, whose records are in, and grow its tree again."""
    log = logs.pop(str(organization.pk), None) or KeptLog(str(organization.pk), 0)
    log.finish(checking.heads_in_order(organization))
    known = [one for one in verifiers(organization) if one.public in pinned or not pinned]
    tree, findings = _grown(organization, known, against)
    return Report(
        streams=log.streams,
        checked=log.checked,
        findings=(*log.findings, *findings),
        sealed=log.checked - log.unsealed,
        dropped=log.dropped,
        checkpoints=tree.checkpoints,
    )


def _grown(organization: Organization, known: Sequence[Verifier], against: Sequence[str]) -> tuple[Tree, Findings]:
    findings = Findings()
    expected = points(checking.signed(organization), known, findings)
    elsewhere = kept_of(against, known, findings)
    tree = Tree(expected, findings, elsewhere, checking.subtrees(organization), _FLOOR)
    for first, leaves in checking.leaves_in_order(organization):
        if first != tree.size:
            problem = "was removed from the tree" if first > tree.size else "is in the tree twice"
            findings.append(Finding(problem, str(organization.pk), seq=min(first, tree.size)))
        tree.add(leaves)
    tree.finish()
    return tree, findings
