"""Is the record still what was written?"""

from django.db import transaction

from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.engine.proof.chain import Opening, Report, Tally

_NAMED_AT_A_TIME = 1_000


def verify(organization: Organization | None = None, stream: str | None = None) -> Report:
    """Check every record of one organization, or of all, or of one stream only, in constant memory.

    Finds a changed, removed, reordered or added record, a cut tail, and a removed stream that a later one
    names. Does not find the removal of the last streams to be opened, nor a log rewritten from some point to
    its end: both need a copy of its hashes outside this database.
    """
    tally = Tally()
    named: dict[Opening, None] = {}
    with transaction.atomic():
        for head, records in selectors.streams(organization, stream):
            named |= dict.fromkeys(tally.check(head, records))
            if len(named) >= _NAMED_AT_A_TIME:
                _check_named(tally, named)
        _check_named(tally, named)
    return tally.report()


def _check_named(tally: Tally, named: dict[Opening, None]) -> None:
    """Find the named streams that are gone, and forget all that were named."""
    for opening in selectors.absent(list(named)):
        tally.add_absent(opening)
    named.clear()
