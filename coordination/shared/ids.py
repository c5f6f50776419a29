"""The only place that makes identifiers."""

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """Return a UUID version 7: unique, unguessable in practice, ordered by time."""
    return uuid7()
