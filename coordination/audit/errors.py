"""What can go wrong about the audit log."""

from coordination.shared.errors import Conflict, CoordinationError, Invalid, NotFound


class OutsideTransaction(CoordinationError):
    """An audit record must be written in the transaction of its effect, and there is none."""

    code = "audit-outside-transaction"


class SigningKeyUnreadable(CoordinationError):
    """The key that signs the audit log's checkpoints can't be used: {path}: {reason}."""

    code = "audit-key-unreadable"


class SigningKeyUnknown(CoordinationError):
    """The key in {path} is not the one that signs this audit log; set LEDGER_SIGNING_KEY_FILE to the right one."""

    code = "audit-key-unknown"


class SigningKeyUsed(Conflict):
    """The key in {path} signs this audit log, or did before; name a file that does not exist, and a new key is made."""

    code = "audit-key-used"


class PersonalKeyUnreadable(CoordinationError):
    """The key that protects personal values in the audit log can't be used: {path}: {reason}."""

    code = "audit-personal-key-unreadable"


class AnchorFailed(CoordinationError):
    """{why}"""

    code = "audit-anchor-failed"
    status = 502


class AnchorInvalid(Invalid):
    """This cannot be an anchor: {problem}"""

    code = "audit-anchor-invalid"


class AnchorKnown(Conflict):
    """Checkpoints are sent to {address} already."""

    code = "audit-anchor-known"


class NothingSealed(Conflict):
    """There is no checkpoint yet: records are sealed about a second after they are written."""

    code = "audit-nothing-sealed"


class LogInvalid(Invalid):
    """This log cannot be witnessed: {problem}"""

    code = "audit-log-invalid"


class RetentionTooShort(Invalid):
    """Records are kept for at least {floor} days, as the law on logs of high-risk systems asks; {days} are too few."""

    code = "audit-retention-too-short"


class HoldInvalid(Invalid):
    """This hold cannot be placed: {problem}"""

    code = "audit-hold-invalid"


class HoldLifted(Conflict):
    """This hold is lifted already."""

    code = "audit-hold-lifted"


class SubjectUnknown(NotFound):
    """Nothing personal is kept about {name}: no record names them, or they are erased already."""

    code = "audit-subject-unknown"


class SubjectHeld(Conflict):
    """A legal hold forbids this erasure: {why}"""

    code = "audit-subject-held"


class SubjectAtWork(Conflict):
    """{n} runs about this person still go on; wait for their end or cancel them, then erase."""

    code = "audit-subject-at-work"


class NotSealed(Conflict):
    """This record is not sealed in that checkpoint; a new record is sealed within seconds, in the next one."""

    code = "audit-not-sealed"


class NotContinued(Invalid):
    """A checkpoint of {new} records can't go on from a larger one of {old}; name the earlier one first."""

    code = "audit-order"


class NothingToDisclose(NotFound):
    """Record {name} holds no personal value there that could be disclosed; perhaps it is erased."""

    code = "audit-nothing-to-disclose"


class TreeDamaged(CoordinationError):
    """Checkpoint {number} of {slug} is not what was signed: nothing is sealed on top of it; run audit verify."""

    code = "audit-tree-damaged"
