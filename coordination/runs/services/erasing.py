"""Forget a person everywhere: in runs and what belongs to them, then what opens the commitments in their records."""

from collections import Counter
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.approvals.models import ApprovalRequest
from coordination.audit.errors import SubjectAtWork
from coordination.audit.models import AuditSubject
from coordination.audit.scrubbing import belonging_to, erasing, scrub
from coordination.audit.services import destroy, known_about
from coordination.engine.flow.state import RUN_ENDED
from coordination.engine.proof.personal import Finder
from coordination.runs.models import Run
from coordination.shared.live import ring


@transaction.atomic
def erase_person(organization: Organization, subject: AuditSubject, basis: str, actor: Actor) -> dict[str, int]:
    """Erase what is known about a person, and return how many rows that changed, by what they are.

    1. Their values go out of every run about them and of whatever belongs to it: steps, actions, questions, memory.
    2. What opens the commitments in records is destroyed; records and proofs stay as they are.
    Raises SubjectUnknown, SubjectHeld, SubjectAtWork.
    """
    known = known_about(organization, subject)
    run_ids = [UUID(stream.removeprefix("run:")) for stream in known.streams if stream.startswith("run:")]
    at_work = Run.objects.filter(pk__in=run_ids).exclude(status__in=RUN_ENDED).count()
    if at_work:
        raise SubjectAtWork(n=at_work)
    with erasing():
        changed = _scrubbed(run_ids, known.finder)
    destroy(known, basis, actor, changed)
    ring(organization.pk, "runs", "audit", *(f"run-{run_id}" for run_id in run_ids))
    return changed


def _scrubbed(run_ids: list[UUID], finder: Finder) -> dict[str, int]:
    """Scrub runs, what belongs to them and to their questions; a question names its run in words, for it knows none."""
    runs = Run.objects.filter(pk__in=run_ids)
    asked = reduce(or_, (Q(subject__startswith=f"run:{run_id}/") for run_id in run_ids), Q(pk__in=[]))
    requests = ApprovalRequest.objects.filter(asked)
    # What outlives the run it was written in.
    left_behind = belonging_to(runs, plain="written_in")
    changed: Counter[str] = Counter()
    for rows in (runs, requests, *belonging_to(runs, plain="run_id"), *left_behind, *belonging_to(requests)):
        changed[str(rows.model._meta.verbose_name_plural)] += scrub(rows, finder)
    return {name: n for name, n in changed.items() if n}
