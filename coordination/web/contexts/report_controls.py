"""Controls, as their pages show them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.reports.catalogue import Framework, LegalDate, frameworks
from coordination.reports.evidence import COLLECTORS
from coordination.reports.models import ReportSchedule, Standing
from coordination.reports.saying import CHECK_DATES, NOTICE
from coordination.reports.selectors import Judged
from coordination.web.contexts.parts import Choice, Problem
from coordination.web.contexts.reports import STANDINGS, Share, shares_of, tabs
from coordination.web.contexts.status import Status
from coordination.web.forms.manifest import Filled
from coordination.web.forms.schema import Field


@dataclass(frozen=True, slots=True)
class ControlRow:
    """One control in a list."""

    judged: Judged
    link: str
    status: Status
    n_gaps: int

    @classmethod
    def of(cls, judged: Judged) -> "ControlRow":
        """Return the row."""
        link = reverse("control", args=[judged.control.key])
        is_asked = judged.standing != Standing.NOT_APPLICABLE
        n_gaps = len(judged.control.gaps) + (not judged.owner) if is_asked else 0
        return cls(judged, link, STANDINGS[judged.standing], n_gaps)


@dataclass(frozen=True, slots=True)
class ControlsPage:
    """The controls of one framework."""

    framework: Framework
    rows: list[ControlRow]
    chips: list[Choice]
    tabs: list[Choice]
    shares: list[Share]
    dates: list[LegalDate]
    notice: str
    check_dates: str

    @classmethod
    def of(cls, controls: Sequence[Judged], asked: str) -> "ControlsPage":
        """Compute the page; the framework asked for, or the first."""
        known = {framework.key: framework for framework in frameworks()}
        framework = known.get(asked) or frameworks()[0]
        own = [one for one in controls if one.framework == framework.key]
        place = reverse("controls")
        return cls(
            framework=framework,
            rows=[ControlRow.of(one) for one in own],
            chips=[Choice(one.title, f"{place}?framework={one.key}", one is framework) for one in known.values()],
            tabs=tabs("controls"),
            shares=shares_of(Counter(str(one.standing) for one in own)),
            dates=framework.dates,
            notice=NOTICE,
            check_dates=CHECK_DATES,
        )


@dataclass(frozen=True, slots=True)
class ControlPage:
    """One control with the form that says how it stands."""

    judged: Judged
    framework: Framework
    back: str
    status: Status
    claimed: Status
    evidence: list[str]
    fields: Mapping[str, Field]
    problems: list[Problem]
    may_edit: bool

    @classmethod
    def of(cls, judged: Judged, filled: Filled, membership: Membership) -> "ControlPage":
        """Compute the page for one member."""
        framework = next(one for one in frameworks() if one.key == judged.framework)
        return cls(
            judged=judged,
            framework=framework,
            back=f"{reverse('controls')}?framework={framework.key}",
            status=STANDINGS[judged.standing],
            claimed=STANDINGS[Standing(judged.control.standing)],
            evidence=[name for name in judged.control.evidence if name in COLLECTORS],
            fields=filled.fields,
            problems=filled.problems,
            may_edit=may(membership, Right.REPORT_EDIT),
        )


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """The schedule as a form."""

    fields: Mapping[str, Field]
    problems: list[Problem]
    schedule: ReportSchedule
