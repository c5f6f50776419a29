"""What can go wrong about policies and their versions."""

from typing import Any

from coordination.accounts.actors import Actor
from coordination.shared.errors import Conflict, Forbidden, Invalid, NotFound


class PolicyUnknown(NotFound):
    """There is no policy named {name}."""

    code = "policy-unknown"


class VersionUnknown(NotFound):
    """The policy {name} has no version {number}."""

    code = "version-unknown"


class RuleUnknown(NotFound):
    """The policy {name} has no rule {rule}."""

    code = "rule-unknown"


class ParameterUnknown(Invalid):
    """The rule {rule} has no parameter {parameter}; it has {known}."""

    code = "parameter-unknown"


class ExceptionUnknown(NotFound):
    """The rule {rule} has no exception number {number}."""

    code = "exception-unknown"


class DecisionUnknown(NotFound):
    """There is no decision {id}."""

    code = "decision-unknown"


class BacktestUnknown(NotFound):
    """There is no backtest {id}."""

    code = "backtest-unknown"


class BacktestRunning(Conflict):
    """Version {number} of {name} is being backtested already; wait for it, or cancel it."""

    code = "backtest-running"


class BacktestOver(Conflict):
    """This backtest is {status}, so there is nothing to cancel."""

    code = "backtest-over"


class NotADraft(Conflict):
    """Version {number} of {name} is {status}; only a draft can be published, an older version can be rolled back to."""

    code = "not-a-draft"


class NeverEnforced(Conflict):
    """Version {number} of {name} was never enforced, so there is nothing to roll back to; publish it instead."""

    code = "never-enforced"


class NotEnforced(Conflict):
    """The policy {name} is not enforced."""

    code = "not-enforced"


class OnceEnforced(Conflict):
    """The policy {name} was enforced, and decisions on record name it; disable it instead of removing it."""

    code = "once-enforced"


class DraftChanged(Conflict):
    """{name} was saved by {by} after you opened it: you changed version {seen}, the newest is {current}."""

    code = "draft-changed"


class WrongStatus(Conflict):
    """Version {number} of {name} is {status}, so it cannot {what}."""

    code = "wrong-status"


class NotValid(Invalid):
    """Version {number} of {name} is not ready: {why}"""

    code = "policy-not-valid"


class NotBacktested(Conflict):
    """Backtest version {number} of {name} first: its reviewers decide by what it would have changed."""

    code = "backtest-first"


class ReviewRequired(Conflict):
    """{name} would let more happen ({why}), so someone else reviews it first: {next}."""

    code = "review-required"


class StillStaged(Conflict):
    """Version {number} of {name} was reviewed to come into force in stages; ask for a direct review to be faster."""

    code = "still-staged"


class UnderReview(Conflict):
    """Version {number} of {name} is being reviewed already; withdraw that review to ask for another one."""

    code = "under-review"


class NobodyToReview(Conflict):
    """{needed} who can review this and did not write it must agree, and there are {found}; make someone a reviewer."""

    code = "nobody-to-review"


class WroteIt(Forbidden):
    """You wrote a part of this change, so someone else must approve it."""

    code = "own-change"


class ReviewNotEdited(Invalid):
    """A review takes yes or no; save the policy as a new draft to change it."""

    code = "review-not-edited"


class ReviewNotReturned(Invalid):
    """Nothing of this can be planned again; it takes yes or no."""

    code = "review-not-returned"


class PracticeInvalid(Invalid):
    """The practice is not valid: {problem}"""

    code = "practice-invalid"


class PracticeReasonMissing(Invalid):
    """Say why changes of policies are not reviewed; the audit log and the pages show the reason."""

    code = "practice-reason"


class LibraryPolicyUnknown(NotFound):
    """The library has no policy {name}."""

    code = "library-policy-unknown"


class PolicyNameTaken(Conflict):
    """There is a policy named {name} already; change that one, or take this one under another name."""

    code = "name-taken"


class ActDenied(Forbidden):
    """Policy does not allow this: {why}"""

    code = "policy-denied"

    def __init__(self, *, why: str, record: Any, actor: Actor) -> None:
        """Carry the decision's record: it outlives the transaction that this error ends (`services.keep_denial`)."""
        super().__init__(why=why)
        self.record, self.actor = record, actor
