"""Hash the whole record again and keep what came of it; ask anchors what they were told."""

from collections.abc import Iterator

from django.db import transaction

from coordination.accounts.models import Organization
from coordination.audit.delivering import folder_of
from coordination.audit.models import AnchorKind, AuditAnchor, AuditAnchored, AuditCheck
from coordination.audit.selectors.keeping import anchors
from coordination.audit.services.anchoring import tell_now
from coordination.audit.services.verify import verify
from coordination.engine.proof.note import NoteInvalid, Verifier, signatures
from coordination.shared.clock import now
from coordination.shared.live import ring

_MOST_SAID = 20


def recheck_all() -> int:
    """Check every organization's record, and return how many are not as they were written."""
    return sum(bool(recheck(organization).problem) for organization in Organization.objects.order_by("pk"))


def recheck(organization: Organization) -> AuditCheck:
    """Hash every record of an organization again, compare it with what folders hold, and keep what came of it."""
    started_at = now()
    notes = [note for anchor in _folders(organization) for note in notes_in(anchor)]
    report = verify(organization, against=notes)
    problems = [str(finding) for finding in report.findings[:_MOST_SAID]]
    check = AuditCheck.objects.create(
        organization=organization,
        started_at=started_at,
        finished_at=now(),
        records=report.checked,
        problem="\n".join(problems),
    )
    with transaction.atomic():
        ring(organization.pk, "audit")
    return check


def ask_anchor(anchor: AuditAnchor) -> list[str]:
    """Return what is wrong by what an anchor was told: nothing, if the log still is what it was then.

    A folder is read; a witness is asked to sign that this log continues what it saw. Others cannot be asked.
    """
    if anchor.kind == AnchorKind.FILE:
        report = verify(anchor.organization, against=list(notes_in(anchor)))
        return [*_missing(anchor), *(str(finding) for finding in report.findings[:_MOST_SAID])]
    if anchor.kind == AnchorKind.WITNESS:
        told = tell_now(anchor)
        return [*_unsigned(anchor), *([told.problem] if told.problem else [])]
    return []


def notes_in(anchor: AuditAnchor) -> Iterator[str]:
    """Yield the checkpoints that a folder holds."""
    for path in sorted(folder_of(anchor).glob("*.note")):
        yield path.read_text(errors="replace")


def _missing(anchor: AuditAnchor) -> list[str]:
    """Return which checkpoints a folder lost that it was told."""
    there = {path.name for path in folder_of(anchor).glob("*.note")}
    numbers = AuditAnchored.objects.filter(anchor=anchor).order_by("checkpoint__number")
    lost = [n for n in numbers.values_list("checkpoint__number", flat=True) if f"{n:012d}.note" not in there]
    return [f"The folder has no checkpoint {n} any more." for n in lost[:_MOST_SAID]]


def _unsigned(anchor: AuditAnchor) -> list[str]:
    """Return which checkpoints do not bear the witness's signature that was kept with them."""
    verifier, wrong = Verifier.of(anchor.key), []
    for one in AuditAnchored.objects.filter(anchor=anchor).select_related("checkpoint").order_by("id").iterator(500):
        try:
            known = verifier.name in signatures(one.checkpoint.note + one.cosignature, [verifier])
        except NoteInvalid:
            known = False
        if not known:
            wrong.append(f"Checkpoint {one.checkpoint.number} is not the one that the witness signed.")
    return wrong[:_MOST_SAID]


def _folders(organization: Organization) -> list[AuditAnchor]:
    return list(anchors(organization).select_related("organization").filter(kind=AnchorKind.FILE))
