"""Read the record."""

from coordination.audit.selectors.events import event_of, events, heads, history
from coordination.audit.selectors.sealed import checkpoints, leaves, place_of, unsealed
from coordination.audit.selectors.streams import streams

__all__ = ["checkpoints", "event_of", "events", "heads", "history", "leaves", "place_of", "streams", "unsealed"]
