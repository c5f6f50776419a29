"""How well does the queue do: how long people take, how often too long, how often they see it otherwise."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from coordination.accounts.models import Organization
from coordination.approvals.models import Band

# Fewer answers than this say nothing in percent.
FEWEST: Final = 5
_FIGURES: Final = """
    SELECT risk_band,
        count(*) FILTER (WHERE is_open),
        min(created_at) FILTER (WHERE is_open),
        count(*) FILTER (WHERE is_open AND promised_at < %(moment)s),
        count(*) FILTER (WHERE is_decided),
        count(*) FILTER (WHERE is_settled),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) FILTER (WHERE is_decided),
        percentile_cont(0.9) WITHIN GROUP (ORDER BY waited) FILTER (WHERE is_decided),
        count(*) FILTER (WHERE is_settled AND (state = 'expired' OR is_unattended OR decided_at > promised_at)),
        count(*) FILTER (WHERE is_decided AND state IN ('rejected', 'returned')),
        count(*) FILTER (WHERE is_decided AND revision > 1),
        count(*) FILTER (WHERE is_unattended)
    FROM (
        SELECT *, is_decided OR state = 'expired' OR is_unattended AS is_settled
        FROM (
            SELECT risk_band, created_at, promised_at, decided_at, state, revision, is_unattended,
                decided_at - created_at AS waited,
                state IN ('pending', 'claimed', 'info_requested') AS is_open,
                state IN ('approved', 'consumed', 'rejected', 'returned') AND NOT is_unattended AS is_decided
            FROM approvals_approvalrequest
            WHERE organization_id = %(organization)s AND NOT is_synthetic
                AND (state IN ('pending', 'claimed', 'info_requested') OR decided_at >= %(since)s)
        ) AS asked
    ) AS counted
    GROUP BY GROUPING SETS ((), (risk_band))
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the questions at one risk, or of all of them; a share is None while there is too little to tell.

    Late is what was decided after it was promised, or by nobody. Overridden is what people did not let happen as it was
    proposed, edited what they changed first.
    """

    open: int
    oldest_at: datetime | None
    late_open: int
    decided: int
    settled: int
    median: timedelta | None
    p90: timedelta | None
    late: int
    overridden: int
    edited: int
    unattended: int

    @property
    def late_share(self) -> float | None:
        """Return how much of what was settled was late."""
        return _share(self.late, self.settled)

    @property
    def override_share(self) -> float | None:
        """Return how much of what people decided they refused or sent back."""
        return _share(self.overridden, self.decided)

    @property
    def edit_share(self) -> float | None:
        """Return how much of what people decided they changed first."""
        return _share(self.edited, self.decided)


NOTHING: Final = Figures(0, None, 0, 0, 0, None, None, 0, 0, 0, 0)


def queue_figures(organization: Organization, since: datetime, moment: datetime) -> dict[str, Figures]:
    """Return the figures of each risk, and of all of them under ""; exercises are left out, and what was withdrawn."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"organization": organization.pk, "since": since, "moment": moment})
        found = {band or "": Figures(*values) for band, *values in cursor.fetchall()}
    return {band: found.get(band, NOTHING) for band in ("", *reversed(Band.values))}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole >= FEWEST else None
