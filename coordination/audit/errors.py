"""What can go wrong about the audit log."""

from coordination.shared.errors import CoordinationError


class OutsideTransaction(CoordinationError):
    """An audit record must be written in the transaction of its effect, and there is none."""

    code = "audit-outside-transaction"


class SigningKeyUnreadable(CoordinationError):
    """The key that signs the audit log's checkpoints can't be used: {path}: {reason}."""

    code = "audit-key-unreadable"


class SigningKeyUnknown(CoordinationError):
    """The key in {path} is not the one that signs this audit log; set LEDGER_SIGNING_KEY_FILE to the right one."""

    code = "audit-key-unknown"
