"""What can go wrong about monitors and what they count."""

from coordination.shared.errors import Conflict, Invalid, NotFound


class MonitorUnknown(NotFound):
    """There is no bias monitor named {name}."""

    code = "bias-monitor-unknown"


class NothingToAcknowledge(Conflict):
    """The monitor {name} raises no alarm that could be acknowledged."""

    code = "bias-nothing-to-acknowledge"


class NothingToMitigate(Conflict):
    """The monitor {name} raises no alarm that something could have been done about."""

    code = "bias-nothing-to-mitigate"


class ReasonMissing(Invalid):
    """Say {what}; it is kept with the monitor."""

    code = "bias-reason-missing"


class NoProbe(Conflict):
    """The monitor {name} says no probe: which agent, which inputs, which terms to swap."""

    code = "bias-no-probe"


class ProbeRunning(Conflict):
    """A probe of {name} is under way."""

    code = "bias-probe-running"


class ProbeUnknown(NotFound):
    """There is no such probe."""

    code = "bias-probe-unknown"
