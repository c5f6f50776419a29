"""May an agent be called now? Its limits hold across all workers, counted where all of them look: in the database.

A limit is decided on under a lock of the agent that lasts until the claim is committed. Whoever does not get it, or
finds the agent full, leaves the work in the queue and never waits with runs in hand.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from coordination.agents.models import Agent
from coordination.engine.duration import seconds
from coordination.runs.budgets import day_of_agent
from coordination.runs.models import AgentMeter
from coordination.runs.purses import Limit, Refusal, read_alone

_LIMITS = ("max_concurrency", "rate", "budget_per_day")
# Another worker decides about the same agent at this moment.
_A_MOMENT = timedelta(milliseconds=30)
_LOCK = "SELECT pg_try_advisory_xact_lock(720342, hashtext(%s))"
_BUSY = "SELECT count(*) FROM runs_workitem WHERE agent_id = %s AND NOT blocked AND id <> ALL(%s)"


@dataclass(frozen=True, slots=True)
class Later:
    """No able agent has room: try again at a time, or when a call of this agent ends."""

    at: datetime
    agent_id: UUID | None = None


Refused = Callable[[Agent, Limit | None], Refusal | None]


@dataclass(slots=True)
class Admission:
    """What one transaction has admitted so far; `own` are the items it moves itself, which count as free."""

    own: list[UUID] = field(default_factory=list)
    _locked: dict[UUID, bool] = field(default_factory=dict)
    _admitted: dict[UUID, int] = field(default_factory=dict)
    _days: dict[UUID, Limit | None] = field(default_factory=dict)

    def choose(self, able: list[Agent], at: datetime, refused: Refused) -> Agent | Later | Refusal:
        """Return the first agent that may be called now, or when to try again, or why none may be called at all.

        `refused` says why budgets do not allow a call of an agent, whose own budget for the day it is given.
        """
        first: Later | None = None
        refusal: Refusal | None = None
        for agent in able:
            if is_limited(agent) and not self._lock(agent.pk):
                first = first or Later(at + _A_MOMENT)
            elif no := refused(agent, self._day_of(agent, at)):
                refusal = refusal or no
            elif later := self._later(agent, at) if is_limited(agent) else None:
                # What ends soonest is unknown; the preferred agent is waited for.
                first = first or later
            else:
                return agent
        return first or refusal or Later(at)

    def _day_of(self, agent: Agent, at: datetime) -> Limit | None:
        """Return the agent's budget for the day, the same for all runs of the transaction; call it under the lock."""
        if agent.pk not in self._days:
            day = day_of_agent(agent.name, agent.spec, at.date())
            self._days[agent.pk] = read_alone(agent.organization_id, day) if day else None
        return self._days[agent.pk]

    def _later(self, agent: Agent, at: datetime) -> Later | None:
        most = agent.spec.get("max_concurrency")
        if most is not None and self._n_busy(agent.pk) >= most:
            return Later(at, agent.pk)
        due_at = _draw(agent, at)
        if due_at is not None:
            return Later(due_at)
        self._admitted[agent.pk] = self._admitted.get(agent.pk, 0) + 1
        return None

    def _lock(self, agent_id: UUID) -> bool:
        if agent_id not in self._locked:
            self._locked[agent_id] = bool(_one(_LOCK, str(agent_id)))
        return self._locked[agent_id]

    def _n_busy(self, agent_id: UUID) -> int:
        return int(_one(_BUSY, agent_id, self.own)) + self._admitted.get(agent_id, 0)


def is_limited(agent: Agent) -> bool:
    """Tell whether calls of the agent are counted."""
    return any(agent.spec.get(name) is not None for name in _LIMITS)


def _draw(agent: Agent, at: datetime) -> datetime | None:
    """Take one call from the agent's rate, or return when there will be one.

    Source: the generic cell rate algorithm (ITU-T I.371), with a burst of one whole period.
    """
    rate = agent.spec.get("rate")
    if rate is None:
        return None
    period = timedelta(seconds=seconds(rate.get("per", "1m")))
    interval = period / rate["calls"]
    meter = AgentMeter.objects.filter(pk=agent.pk).first()
    expected = max(meter.due_at, at) if meter else at
    earliest: datetime = expected + interval - period
    if earliest > at:
        return earliest
    AgentMeter.objects.update_or_create(agent_id=agent.pk, defaults={"due_at": expected + interval})
    return None


def _one(sql: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
        return row[0] if row else None
