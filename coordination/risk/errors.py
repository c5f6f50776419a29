"""What can go wrong about risk."""

from coordination.shared.errors import Conflict, Invalid, NotFound


class RiskUnknown(NotFound):
    """There is no risk {name} in the register."""

    code = "risk-unknown"


class TablesUnknown(NotFound):
    """There is no version {number} of the tables."""

    code = "tables-unknown"


class AboutUnknown(Invalid):
    """There is no {kind} named {name} that a risk could be about."""

    code = "about-unknown"


class OwnerUnknown(Invalid):
    """There is no member {name} in this organization who could own the risk."""

    code = "owner-unknown"


class OutcomeUnknown(NotFound):
    """There is no outcome of {name} yet: it is judged when its run has ended."""

    code = "outcome-unknown"


class RiskClosed(Conflict):
    """This risk is closed; open it again before it is reviewed."""

    code = "risk-closed"
