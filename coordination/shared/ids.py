"""The only place that makes identifiers."""

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """Return a UUID version 7: unique, unguessable in practice, ordered by time."""
    return uuid7()


def new_id_at(nanoseconds: int) -> uuid.UUID:
    """Return one as it would have been made so many nanoseconds after 1970: where it has its place in their order."""
    return uuid7(nanoseconds=nanoseconds)


def moment_of(identifier: uuid.UUID) -> int:
    """Return when an identifier says it was made, in nanoseconds after 1970, to the millisecond."""
    return (identifier.int >> 80) * 1_000_000
