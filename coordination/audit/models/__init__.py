"""Tables of the audit log."""

from coordination.audit.models.checkpoint import (
    BATCH,
    AuditBatch,
    AuditCheckpoint,
    AuditKey,
    AuditNode,
    AuditSealer,
)
from coordination.audit.models.event import AuditEvent, AuditStream
from coordination.audit.models.keeping import (
    DAYS,
    FLOOR_DAYS,
    LONG_DAYS,
    AnchorKind,
    AuditAnchor,
    AuditAnchored,
    AuditCheck,
    AuditRetention,
    WitnessedLog,
)
from coordination.audit.models.personal import (
    AuditDisclosure,
    AuditHold,
    AuditPersonal,
    AuditSubject,
    HoldScope,
)

__all__ = [
    "BATCH",
    "DAYS",
    "FLOOR_DAYS",
    "LONG_DAYS",
    "AnchorKind",
    "AuditAnchor",
    "AuditAnchored",
    "AuditBatch",
    "AuditCheck",
    "AuditCheckpoint",
    "AuditDisclosure",
    "AuditEvent",
    "AuditHold",
    "AuditKey",
    "AuditNode",
    "AuditPersonal",
    "AuditRetention",
    "AuditSealer",
    "AuditStream",
    "AuditSubject",
    "HoldScope",
    "WitnessedLog",
]
