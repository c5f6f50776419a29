"""The pages about the record, as one strip of tabs."""

from typing import Final

from coordination.web.contexts.parts import Choice, strip_of

RECORDS: Final = "records"
CHECKPOINTS: Final = "checkpoints"
ANCHORS: Final = "anchors"
KEEPING: Final = "keeping"
_TABS: Final = (
    (RECORDS, "Records", "/audit/"),
    (CHECKPOINTS, "Checkpoints", "/audit/checkpoints/"),
    (ANCHORS, "Anchors", "/audit/anchors/"),
    (KEEPING, "Holds & retention", "/audit/keeping/"),
)


def tabs(here: str) -> list[Choice]:
    """Return the tabs; `here` names the one that is open."""
    return strip_of(_TABS, here)
