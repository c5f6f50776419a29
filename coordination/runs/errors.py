"""What can go wrong about runs."""

from coordination.shared.errors import Conflict, Invalid, NotFound


class RunUnknown(NotFound):
    """There is no run {name}."""

    code = "run-unknown"


class StepUnknown(NotFound):
    """This run has no step {name}."""

    code = "step-unknown"


class NegotiationUnknown(NotFound):
    """There is no negotiation {name}."""

    code = "negotiation-unknown"


class InputInvalid(Invalid):
    """The input does not fit the workflow {workflow}: {problem}"""

    code = "input-invalid"


class NotPossibleNow(Conflict):
    """This is not possible now: {why}."""

    code = "wrong-state"


class ArgumentsInvalid(Invalid):
    """The arguments do not fit the tool {tool}: {problem}"""

    code = "arguments-invalid"


class SignalInvalid(Invalid):
    """The signal {name} does not fit what this run waits for: {problem}"""

    code = "signal-invalid"


class MessageDenied(Conflict):
    """{why}"""

    code = "policy-denied"
    status = 403


class TooLongToReplay(Conflict):
    """Only the first {most:,} records of a run are replayed; ask for an earlier moment."""

    code = "too-long-to-replay"


class BudgetUnknown(NotFound):
    """There is no budget for {name}."""

    code = "budget-unknown"


class AlreadyStopped(Conflict):
    """This stands still already: {what}."""

    code = "already-stopped"


class NotStopped(Conflict):
    """This is not stopped: {what}."""

    code = "not-stopped"


class OrganizationStopped(Conflict):
    """Everything is stopped here: no run starts until a person lets it go on."""

    code = "organization-stopped"


class ReasonMissing(Invalid):
    """Please say why the output is {quality}."""

    code = "reason-missing"


class EditDenied(Conflict):
    """Policies refuse the action as you edited it: {because}"""

    code = "edit-denied"
