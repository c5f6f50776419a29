"""Write the record, check it, hand it out."""

from coordination.audit.services.append import Addition, Entry, Heads, LockedHeads, append, append_all
from coordination.audit.services.export import export
from coordination.audit.services.sealing import prove_silence, seal
from coordination.audit.services.verify import verify

__all__ = [
    "Addition",
    "Entry",
    "Heads",
    "LockedHeads",
    "append",
    "append_all",
    "export",
    "prove_silence",
    "seal",
    "verify",
]
