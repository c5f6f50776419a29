"""Write the record, check it, hand it out."""

from coordination.audit.services.append import Entry, append
from coordination.audit.services.export import export
from coordination.audit.services.verify import verify

__all__ = ["Entry", "append", "export", "verify"]
