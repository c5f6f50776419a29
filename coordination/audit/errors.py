"""What can go wrong about the audit log."""

from coordination.shared.errors import CoordinationError


class OutsideTransaction(CoordinationError):
    """An audit record must be written in the transaction of its effect, and there is none."""

    code = "audit-outside-transaction"
