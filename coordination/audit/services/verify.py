"""Is the record still what was written?"""

from django.db import transaction

from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.engine.proof.chain import Report, Tally


def verify(organization: Organization | None = None, stream: str | None = None) -> Report:
    """Check every record of one organization, or of all, or of one stream only, in constant memory."""
    tally = Tally()
    with transaction.atomic():
        for head, records in selectors.streams(organization, stream):
            tally.check(head, records)
    return tally.report()
