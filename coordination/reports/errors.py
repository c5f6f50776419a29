"""What can go wrong about packs and controls."""

from coordination.shared.errors import Conflict, Invalid, NotFound


class ReportUnknown(NotFound):
    """There is no report {id}."""

    code = "report-unknown"


class ReportNotThere(Conflict):
    """This pack cannot be handed out: {why}."""

    code = "report-not-there"


class ReportUnderWay(Conflict):
    """A pack about this period is being made already; wait for it."""

    code = "report-under-way"


class PeriodInvalid(Invalid):
    """This is not a period to report on: {problem}."""

    code = "period-invalid"


class ControlUnknown(NotFound):
    """There is no control {key}."""

    code = "control-unknown"


class AssessmentInvalid(Invalid):
    """This does not say how the control stands: {problem}."""

    code = "assessment-invalid"


class ScheduleInvalid(Invalid):
    """This is not a schedule: {problem}."""

    code = "schedule-invalid"


class PackTooLarge(Invalid):
    """A pack to check may have at most {most_mb} MB."""

    code = "pack-too-large"
