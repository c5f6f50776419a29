"""Why an answer is not accepted, and why an approval does not release an action."""

from enum import StrEnum
from typing import TypeAlias

from coordination.shared.errors import Conflict, Forbidden, Invalid, NotFound

Refusal: TypeAlias = Forbidden | Conflict


class NotAsked(Forbidden):
    """This request was not put to you; it was put to {asked}."""

    code = "not-asked"


class OwnRequest(Forbidden):
    """You cannot decide a request that you made or that was made on your behalf."""

    code = "own-request"


class EditedByYou(Forbidden):
    """You edited this revision, so someone else must approve it."""

    code = "edited-by-you"


class AlreadyVoted(Forbidden):
    """You have decided this request already; it needs someone else as well."""

    code = "already-voted"


class OwnAgent(Forbidden):
    """You answer for {agent}, and at a risk this high someone else must approve what it does."""

    code = "own-agent"


class SameUnit(Forbidden):
    """Someone of your group has approved this already; it needs someone of another group as well."""

    code = "same-unit"


class Abstained(Forbidden):
    """You stepped back from this request; it is for others to decide."""

    code = "abstained"


class SignInTooWeak(Forbidden):
    """This needs a stronger sign-in to approve: {needed}."""

    code = "sign-in-too-weak"


class GlassKept(Forbidden):
    """Only an admin who has no part in this request may approve it alone."""

    code = "glass-kept"


class AlreadyDecided(Conflict):
    """This request is {state} and cannot be decided any more."""

    code = "already-decided"


class StaleRevision(Conflict):
    """This request was edited after you opened it: you saw revision {seen}, it is now {current}."""

    code = "stale-revision"


class ClaimedByOther(Conflict):
    """{username} is working on this request until {until}."""

    code = "claimed"


class AnswerHeld(Conflict):
    """{username} has just answered this; it counts in a moment, unless they take it back."""

    code = "answer-held"


class TakenBack(Conflict):
    """This answer was taken back before it counted."""

    code = "taken-back"


class TakenBackTooLate(Conflict):
    """It is too late to take this back: it has been carried out."""

    code = "too-late"


class NotYours(Forbidden):
    """Only {username} may take this answer back."""

    code = "not-yours"


class ReasonRequired(Invalid):
    """Please give a reason."""

    code = "reason-required"


class LookAgain(Conflict):
    """{why} Confirm it if you mean it."""

    code = "look-again"


class AlreadyJudged(Conflict):
    """You have said already what you think of this revision."""

    code = "already-judged"


class LookTaken(Conflict):
    """Somebody else has looked at this meanwhile."""

    code = "look-taken"


class NotToLook(Forbidden):
    """This is for somebody else to look at: {problem}."""

    code = "not-to-look"


class NothingAlike(Invalid):
    """Nobody was ever asked about {operation} here, so an exercise about it could not look like a real question."""

    code = "nothing-alike"


class VerdictUnknown(Invalid):
    """There is no verdict {verdict}; use one of {known}."""

    code = "verdict-unknown"


class EditRefused(Invalid):
    """An edit must bring other parameters, as a JSON object."""

    code = "edit-refused"


class NothingAsked(Conflict):
    """Nobody asked anything about this request that is still open."""

    code = "nothing-asked"


class NotToAnswer(Forbidden):
    """Only whoever asked for this, a manager or an admin answers questions about it."""

    code = "not-to-answer"


class DelegateUnfit(Invalid):
    """{username} cannot decide this request: {problem}."""

    code = "delegate-unfit"


class NobodyToAsk(Invalid):
    """Nobody else could decide this request after the escalation."""

    code = "nobody-to-ask"


class DelegationUnknown(NotFound):
    """There is no delegation {name}."""

    code = "delegation-unknown"


class DelegationUnfit(Invalid):
    """{problem}"""

    code = "delegation-unfit"


class DelegationOver(Conflict):
    """This delegation is over already."""

    code = "delegation-over"


class Unusable(StrEnum):
    """Why an approval does not release an action."""

    UNKNOWN = "unknown"
    NOT_APPROVED = "not-approved"
    CONSUMED = "already-consumed"
    EXPIRED = "expired"
    OTHER_ACTION = "digest-mismatch"
    SYNTHETIC = "synthetic"


_WHY = {
    Unusable.UNKNOWN: "there is no such approval",
    Unusable.NOT_APPROVED: "it is not approved",
    Unusable.CONSUMED: "it was used already",
    Unusable.EXPIRED: "it has expired",
    Unusable.OTHER_ACTION: "another action was approved, not this one",
    Unusable.SYNTHETIC: "it is an exercise, which never releases anything",
}


class ApprovalRefused(Conflict):
    """The approval does not release this action: {why}."""

    code = "approval-refused"

    def __init__(self, reason: Unusable) -> None:
        self.reason = reason
        super().__init__(why=_WHY[reason])
