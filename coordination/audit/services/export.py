"""Hand the record out, to be checked elsewhere."""

from typing import TextIO

from django.db import transaction

from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.engine.proof.chain import moment
from coordination.engine.proof.pack import pack_lines
from coordination.shared.clock import now


def export(file: TextIO, organization: Organization | None = None) -> None:
    """Write a pack of one organization's records, or of all."""
    with transaction.atomic():
        lines = pack_lines(selectors.streams(organization), exported_at=moment(now()))
        file.writelines(line + "\n" for line in lines)
