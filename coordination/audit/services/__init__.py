"""Write the record, check it, hand it out."""

from coordination.audit.services.anchoring import add_anchor, remove_anchor, tell_due, tell_now
from coordination.audit.services.append import Addition, Entry, Heads, LockedHeads, append, append_all
from coordination.audit.services.disclosing import disclose
from coordination.audit.services.erasing import Known, destroy, known_about
from coordination.audit.services.export import Period, export
from coordination.audit.services.handing_out import MEDIA_TYPES, Format, hand_out
from coordination.audit.services.holding import lift_hold, place_hold
from coordination.audit.services.proving import Continuation, Proof, prove, prove_growth, signature_problem
from coordination.audit.services.rechecking import ask_anchor, recheck, recheck_all
from coordination.audit.services.retaining import drop_old, drop_old_of, set_retention
from coordination.audit.services.rotating import rotate
from coordination.audit.services.sealing import prove_silence, seal
from coordination.audit.services.verify import verify
from coordination.audit.services.witnessing import Answer, add_checkpoint, forget_log, watch_log, witness_of

__all__ = [
    "MEDIA_TYPES",
    "Addition",
    "Answer",
    "Continuation",
    "Entry",
    "Format",
    "Heads",
    "Known",
    "LockedHeads",
    "Period",
    "Proof",
    "add_anchor",
    "add_checkpoint",
    "append",
    "append_all",
    "ask_anchor",
    "destroy",
    "disclose",
    "drop_old",
    "drop_old_of",
    "export",
    "forget_log",
    "hand_out",
    "known_about",
    "lift_hold",
    "place_hold",
    "prove",
    "prove_growth",
    "prove_silence",
    "recheck",
    "recheck_all",
    "remove_anchor",
    "rotate",
    "seal",
    "set_retention",
    "signature_problem",
    "tell_due",
    "tell_now",
    "verify",
    "watch_log",
    "witness_of",
]
