"""How each control stands: the catalogue's word, the organization's own, and what the evidence shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from coordination.accounts.models import Organization
from coordination.reports.catalogue import Control, controls, frameworks
from coordination.reports.errors import ControlUnknown
from coordination.reports.models import Assessment, Standing

NO_OWNER = "Nobody is named who answers for it."
NO_EVIDENCE = "There is no evidence of it in this period."


@dataclass(frozen=True, slots=True)
class Judged:
    """A control of a framework, as one organization has it."""

    framework: str
    control: Control
    assessment: Assessment | None

    @property
    def standing(self) -> Standing:
        """Return how far it is in place, by the organization's word where it has given one."""
        said = self.assessment.standing if self.assessment else ""
        return Standing(said or self.control.standing)

    @property
    def owner(self) -> str:
        """Return who answers for it."""
        return self.assessment.owner if self.assessment else ""

    @property
    def note(self) -> str:
        """Return what the organization says about it."""
        return self.assessment.note if self.assessment else ""

    def shown(self, is_there: Mapping[str, bool]) -> tuple[Standing, list[str]]:
        """Return how it stands and what is missing, given which kinds of evidence the period has.

        What is said to be in place, and of which there is no trace in the period, counts as partly in place.
        """
        if self.standing == Standing.NOT_APPLICABLE:
            return self.standing, []
        gaps = list(self.control.gaps)
        standing = self.standing
        if not any(is_there.get(name, False) for name in self.control.evidence):
            if self.control.evidence:
                gaps.append(NO_EVIDENCE)
            standing = Standing.PARTIAL if standing == Standing.IMPLEMENTED else standing
        if not self.owner:
            gaps.append(NO_OWNER)
        return standing, gaps


def judged(organization: Organization) -> list[Judged]:
    """Return every control of every framework, in their order."""
    said = {one.control: one for one in Assessment.objects.filter(organization=organization)}
    return [
        Judged(framework.key, control, said.get(control.key))
        for framework in frameworks()
        for control in framework.controls
    ]


def judged_control(organization: Organization, key: str) -> Judged:
    """Return one control; raises ControlUnknown."""
    if key not in controls():
        raise ControlUnknown(key=key)
    return next(one for one in judged(organization) if one.control.key == key)
