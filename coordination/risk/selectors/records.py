"""How reliable agents are, as far as outcomes tell."""

from dataclasses import dataclass

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.agents.models import Agent
from coordination.engine.trust.calibration import Correction
from coordination.engine.trust.reliability import Record, carried
from coordination.risk.models import AgentRecord
from coordination.risk.models.standing import ALL


@dataclass(frozen=True, slots=True)
class Known:
    """The record of a version of an agent in one capability, as scores read it."""

    agent: str
    version: int
    capability: str
    record: Record
    n: int
    correction: Correction | None
    # The version whose record it is, where a newer one inherits half of it and has none of its own yet.
    inherited_from: int | None = None

    @property
    def is_all(self) -> bool:
        """Tell whether it is of all capabilities together."""
        return self.capability == ALL


def known_of(row: AgentRecord) -> Known:
    """Return what a row says."""
    correction = Correction(row.slope, row.shift or 0.0) if row.slope is not None else None
    return Known(row.agent, row.version, row.capability, Record(row.successes, row.failures), row.n, correction)


def records_of(organization: Organization) -> QuerySet[AgentRecord]:
    """Return every record of the organization's agents, the newest version first."""
    return AgentRecord.objects.filter(organization=organization).order_by("agent", "-version", "capability")


def records_of_agent(organization: Organization, agent: Agent) -> list[Known]:
    """Return what is known of the agent's present version: all capabilities together first, then each."""
    rows = list(records_of(organization).filter(agent=agent.name, version__lte=agent.version))
    newest: dict[str, AgentRecord] = {}
    for row in rows:
        newest.setdefault(row.capability, row)
    found = [_as_of(newest[capability], agent.version) for capability in newest]
    return sorted(found, key=lambda known: (not known.is_all, known.capability))


def _as_of(row: AgentRecord, version: int) -> Known:
    known = known_of(row)
    if row.version == version:
        return known
    return Known(known.agent, version, known.capability, carried(known.record), 0, known.correction, row.version)
