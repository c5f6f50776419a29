"""Where a request stands, how much is at risk, and what a person may say."""

from django.db import models


class State(models.TextChoices):
    """Where a request stands; the closed ones never reopen."""

    PENDING = "pending"
    CLAIMED = "claimed"
    INFO_REQUESTED = "info_requested", "Information requested"
    APPROVED = "approved"
    CONSUMED = "consumed"
    REJECTED = "rejected"
    RETURNED = "returned"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    INVALIDATED = "invalidated"


OPEN = (State.PENDING, State.CLAIMED, State.INFO_REQUESTED)
# An approved action can still be stopped until it is released.
UNSETTLED = (*OPEN, State.APPROVED)
# Nothing comes after these; the database refuses it too.
TERMINAL = tuple(state for state in State if state not in UNSETTLED)


class Band(models.TextChoices):
    """How much is at risk."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Reversibility(models.TextChoices):
    """Whether the effect can be taken back."""

    REVERSIBLE = "reversible"
    COMPENSABLE = "compensable"
    IRREVERSIBLE = "irreversible"


class Verdict(models.TextChoices):
    """What a person said."""

    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"
    REQUEST_INFO = "request_info", "Request information"
    DELEGATE = "delegate"
    ESCALATE = "escalate"
    RETURN = "return"
    ABSTAIN = "abstain"
    BREAK_GLASS = "break_glass"


class TimeoutAction(models.TextChoices):
    """What becomes of a question that nobody answers in time."""

    DENY = "deny", "it counts as refused"
    FALLBACK = "fallback", "the run goes on by its fallback"
    RETURN = "return", "it goes back to be planned again"


class Hurry(models.TextChoices):
    """In which haste somebody approved."""

    GLANCE = "glance", "looked for a moment only, with much at stake"
    STREAK = "streak", "one of several approved in a row, each within a moment"
