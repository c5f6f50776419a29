"""What a record left out because it is large, put back from where it is kept."""

import hashlib
import hmac
from typing import Any

from coordination.audit.limits import STAND_IN, WITHHELD


def left_out(value: Any) -> bool:
    """Tell whether a record has only the digest of a value."""
    return isinstance(value, dict) and value.keys() == STAND_IN


def has_gaps(value: Any) -> bool:
    """Tell whether a record left something of a value out."""
    if isinstance(value, dict):
        return left_out(value) or any(map(has_gaps, value.values()))
    return any(map(has_gaps, value)) if isinstance(value, list) else bool(value == WITHHELD)


def restored(recorded: Any, kept: Any) -> Any:
    """Return a recorded value with what was left out taken from `kept`, wherever that is the same to the last byte.

    What was withheld as a secret has no digest: there `kept` is believed.
    """
    if recorded == WITHHELD:
        return recorded if kept is None else kept
    if left_out(recorded):
        return kept if isinstance(kept, str) and _is_digest_of(recorded["sha256"], kept) else recorded
    if isinstance(recorded, dict) and isinstance(kept, dict):
        return {name: restored(value, kept.get(name)) for name, value in recorded.items()}
    if isinstance(recorded, list) and isinstance(kept, list) and len(recorded) == len(kept):
        return [restored(one, other) for one, other in zip(recorded, kept, strict=True)]
    return recorded


def _is_digest_of(digest: object, text: str) -> bool:
    return hmac.compare_digest(str(digest), hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())
