"""Everything that scores of an organization rest on, kept in memory of each process until its stamp changes."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import transaction

from coordination.accounts.models import Organization
from coordination.agents.models import Tool
from coordination.engine.trust import calibration
from coordination.engine.trust.reliability import Record, carried
from coordination.engine.trust.tables import DEFAULT, Tables
from coordination.engine.trust.usual import NOTHING, Habit
from coordination.risk.models import AgentRecord, UsualAct
from coordination.risk.models.standing import ALL
from coordination.risk.selectors import NO_STAMP, Known, known_of, stamp_of, tables_of

logger = logging.getLogger(__name__)

MAX_KEPT: Final = 1_000
# What an organization is annotated with where its stamp was read with it (`selectors.stamp_beside`).
ANNOTATION: Final = "risk_stamp"
# A tool with this label gives what strangers may have written.
UNTRUSTED: Final = {"trust": "untrusted"}

Records = Mapping[tuple[str, str], tuple[Known, ...]]


@dataclass(frozen=True, slots=True)
class Standing:
    """The tables, the agents' records (by agent and capability, the newest version first), and what is usual."""

    tables: Tables = DEFAULT
    records: Records = field(default_factory=dict)
    usual: Mapping[tuple[str, str], Habit] = field(default_factory=dict)
    untrusted: frozenset[str] = frozenset()

    def record_of(self, agent: str, version: int | None, capability: str) -> tuple[Record, Known | None]:
        """Return the record of a version of an agent in a capability, or in all where none is named.

        A newer version has half of its predecessor's until it has one of its own; an unknown agent has an empty one.
        """
        for known in self.records.get((agent, capability or ALL), ()):
            if version is None or known.version == version:
                return known.record, known
            if known.version < version:
                return carried(known.record), known
        return Record(), None

    def reliability(self, agent: str, version: int | None, capability: str) -> float:
        """Return how often an agent is right at least: 0 while nothing is known."""
        return self.record_of(agent, version, capability)[0].lower

    def confidence(self, agent: str, version: int | None, capability: str, stated: float) -> float:
        """Return how sure to be when an agent says it is so sure."""
        record, known = self.record_of(agent, version, capability)
        return calibration.read(stated, record, known.correction if known else None)

    def habit(self, who: str, tool: str) -> Habit:
        """Return how usual it is that somebody calls a tool."""
        return self.usual.get((who, tool), NOTHING)


_UNKNOWN: Final = Standing()
_kept: dict[UUID, tuple[UUID, Standing]] = {}
_lock = threading.Lock()


def standing_of(organization: Organization) -> Standing:
    """Return what scores rest on now: no statement where the organization was read with its stamp, else one.

    The stamp is read before the rest, so what is kept under it can be newer, never older. What cannot be read counts
    as unknown, which scores highest.
    """
    try:
        current = _stamp(organization)
        kept = _kept.get(organization.pk)
        if kept is not None and kept[0] == current:
            return kept[1]
        found = _read(organization) if current != NO_STAMP else _UNKNOWN
    except Exception:  # A score must not stop what rules allow; without a record every agent counts as unknown.
        logger.exception("Could not read what the scores of %s rest on.", organization.slug)
        return _UNKNOWN
    with _lock:
        _kept.pop(organization.pk, None)
        while len(_kept) >= MAX_KEPT:
            del _kept[next(iter(_kept))]
        _kept[organization.pk] = (current, found)
    return found


def _stamp(organization: Organization) -> UUID:
    read = vars(organization)
    return read[ANNOTATION] or NO_STAMP if ANNOTATION in read else stamp_of(organization.pk)


def _read(organization: Organization) -> Standing:
    # A savepoint: when this fails, the caller's transaction must live on.
    with transaction.atomic():
        records: dict[tuple[str, str], tuple[Known, ...]] = {}
        for row in AgentRecord.objects.filter(organization=organization).order_by("-version"):
            key = (row.agent, row.capability)
            records[key] = (*records.get(key, ()), known_of(row))
        usual = {
            (row.who, row.tool): Habit(row.n, row.n_amounts, row.mean, row.deviation)
            for row in UsualAct.objects.filter(organization=organization)
        }
        untrusted = Tool.objects.filter(organization=organization, labels__contains=UNTRUSTED)
        names = frozenset(untrusted.values_list("name", flat=True))
        return Standing(tables_of(organization), records, usual, names)
