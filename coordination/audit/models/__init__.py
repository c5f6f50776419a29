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

__all__ = [
    "BATCH",
    "AuditBatch",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditKey",
    "AuditNode",
    "AuditSealer",
    "AuditStream",
]
