"""What is wrong with the record or with what proves it, and what could not be noticed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from coordination.accounts.models import Organization
from coordination.audit.granting import APPEND_ONLY
from coordination.audit.selectors.keeping import anchors, checks, logs
from coordination.audit.selectors.safeguards import missing_triggers
from coordination.audit.selectors.sealed import unsealed
from coordination.shared.clock import now

SLOW = timedelta(seconds=60)
FAILING = timedelta(hours=2)
UNCHECKED = timedelta(hours=50)

# All that there are, for whoever counts them.
CODES = (
    "audit-anchor-failing",
    "audit-anchor-missing",
    "audit-grant-missing",
    "audit-log-forked",
    "audit-proof-broken",
    "audit-seal-late",
    "audit-trigger-missing",
    "audit-unchecked",
)
_RIGHTS = """
    SELECT name FROM unnest(%(tables)s::text[]) AS name
    WHERE has_table_privilege(current_user, name, 'UPDATE') OR has_table_privilege(current_user, name, 'DELETE')
        OR has_table_privilege(current_user, name, 'TRUNCATE')
"""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that somebody should look at; `is_grave` where the record may not be what it was."""

    code: str
    title: str
    text: str
    since: datetime | None = None
    is_grave: bool = True


def alarms(organization: Organization) -> list[Alarm]:
    """Return what is wrong for an organization, the grave first."""
    found = [
        *_broken(organization),
        *_unprotected(),
        *_unsealed(organization),
        *_anchors(organization),
        *_forked(organization),
    ]
    return sorted(found, key=lambda alarm: not alarm.is_grave)


def alarm_counts() -> Counter[str]:
    """Return how many organizations have each alarm, for whoever watches the whole installation."""
    return Counter(
        code
        for organization in Organization.objects.order_by("pk")
        for code in {alarm.code for alarm in alarms(organization)}
    )


def _broken(organization: Organization) -> Iterator[Alarm]:
    last = checks(organization).first()
    if last is None:
        return
    if last.problem:
        text = f"{last.problem.splitlines()[0]} Verify again, and compare with what anchors hold."
        yield Alarm("audit-proof-broken", "The record is not as it was written", text, last.started_at)
    elif now() - last.started_at > UNCHECKED:
        text = "Every night all records are hashed again; this did not happen. Is beat running, and a worker?"
        yield Alarm("audit-unchecked", "The record was not checked lately", text, last.started_at, is_grave=False)


def _unsealed(organization: Organization) -> Iterator[Alarm]:
    oldest = unsealed(organization).order_by("written_in", "id").values_list("occurred_at", flat=True).first()
    if oldest is not None and now() - oldest > SLOW:
        text = "Records wait to be sealed for more than a minute. Is beat running, and a worker that has the key?"
        yield Alarm("audit-seal-late", "Records are not sealed", text, oldest)


def _unprotected() -> Iterator[Alarm]:
    for problem in missing_triggers():
        yield Alarm("audit-trigger-missing", "Records could be changed", f"{problem}.")
    with connection.cursor() as cursor:
        cursor.execute(_RIGHTS, {"tables": list(APPEND_ONLY)})
        writable = cursor.fetchall()
    if writable:
        text = (
            "The database login of this server may change records; only triggers stand against it. "
            "Let migrate make the role of DATABASE_ROLE and grant it to the login."
        )
        yield Alarm("audit-grant-missing", "The server has more rights than it needs", text, is_grave=False)


def _anchors(organization: Organization) -> Iterator[Alarm]:
    known = list(anchors(organization))
    if not known:
        text = (
            "Whoever can write to the database and has the signing key could replace the whole log, "
            "and nobody would notice: no checkpoint is kept anywhere else."
        )
        yield Alarm("audit-anchor-missing", "No anchor", text, is_grave=False)
    for anchor in known:
        if anchor.failing_since is not None and now() - anchor.failing_since > FAILING:
            text = f"{anchor.address} has not taken a checkpoint since then: {anchor.problem}"
            yield Alarm("audit-anchor-failing", "An anchor fails", text, anchor.failing_since)


def _forked(organization: Organization) -> Iterator[Alarm]:
    for log in logs(organization).exclude(refused_at=None):
        text = f"{log.origin}: {log.refused_why} Tell whoever keeps it, and keep this witness's word."
        yield Alarm("audit-log-forked", "A log that is witnessed here was forged", text, log.refused_at)
