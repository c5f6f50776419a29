"""What may still be spent: each budget that a call counts to is a row, locked with the run and shared by all workers.

Runs within a run, and all runs of a day, draw on the same rows. A run without any budget has none: no statement.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from coordination.engine.flow.budget import NOTHING, Allowance, Amounts, Planned, broken, too_late
from coordination.runs.models import Purse, Step
from coordination.shared.ids import new_id
from coordination.shared.json import JsonObject
from coordination.shared.pipeline import Query, execute, pipeline

Named = tuple[UUID, str]
_UNITS = ("cost_microusd", "tokens", "calls")
# In the order of their names, like the locks, so that nobody waits in a circle.
_OPEN = """
    INSERT INTO runs_purse (
        id, organization_id, scope, day, spent_cost_microusd, spent_tokens, spent_calls,
        reserved_cost_microusd, reserved_tokens, reserved_calls
    )
    SELECT id, organization_id, scope, day, 0, 0, 0, 0, 0, 0
    FROM jsonb_to_recordset(%s::jsonb) AS opened (id uuid, organization_id uuid, scope text, day date)
    ORDER BY organization_id, scope
    ON CONFLICT (organization_id, scope) DO NOTHING
"""
_WANTED = (
    "(organization_id, scope) IN (SELECT organization_id, scope FROM jsonb_to_recordset(%s::jsonb)"
    " AS wanted (organization_id uuid, scope text)) ORDER BY organization_id, scope FOR UPDATE"
)
_LOCK = Query(Purse.objects.all, _WANTED)
# Which agents are called turns out late in a transaction: their days are locked only to be written, in order too.
_LOCK_ROWS = f"SELECT FROM runs_purse WHERE {_WANTED}"
_CHANGE = """
    UPDATE runs_purse AS purse SET
        spent_cost_microusd = purse.spent_cost_microusd + change.spent_cost_microusd,
        spent_tokens = purse.spent_tokens + change.spent_tokens,
        spent_calls = purse.spent_calls + change.spent_calls,
        reserved_cost_microusd = purse.reserved_cost_microusd + change.reserved_cost_microusd,
        reserved_tokens = purse.reserved_tokens + change.reserved_tokens,
        reserved_calls = purse.reserved_calls + change.reserved_calls
    FROM jsonb_to_recordset(%s::jsonb) AS change (
        organization_id uuid, scope text, spent_cost_microusd bigint, spent_tokens bigint, spent_calls bigint,
        reserved_cost_microusd bigint, reserved_tokens bigint, reserved_calls bigint
    )
    WHERE purse.organization_id = change.organization_id AND purse.scope = change.scope
"""


@dataclass(slots=True)
class Held:
    """What is spent and reserved of a purse; in one transaction, all its runs see the same."""

    spent: Amounts = NOTHING
    reserved: Amounts = NOTHING


@dataclass(slots=True)
class Limit:
    """One limit on a purse; `whose` names it in a sentence, with a {} for the amount."""

    scope: str
    whose: str
    allowance: Allowance
    day: date | None = None
    held: Held = field(default_factory=Held)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call may not begin, and what the record says of it."""

    message: str
    said: JsonObject


@dataclass(slots=True)
class Purses:
    """All that limits the calls of one run in the present transaction."""

    organization_id: UUID | None = None
    limits: list[Limit] = field(default_factory=list)
    # Limits of single steps, by the step's id.
    of_step: dict[str, Limit] = field(default_factory=dict)
    # The days of agents that calls were planned for in this transaction, by the agent's name.
    of_agent: dict[str, Limit] = field(default_factory=dict)
    until: datetime | None = None
    _changes: dict[str, tuple[Amounts, Amounts]] = field(default_factory=dict)

    def refusal(self, step_id: str, planned: Planned, at: datetime, agent: str = "") -> Refusal | None:
        """Return why a call of a step, or of this agent for it, may not begin, or None if it may."""
        if message := too_late(self.until, at):
            return Refusal(message, {"scope": "time", "message": message})
        for limit in self._on(step_id, agent):
            held = limit.held
            if message := broken(limit.allowance, limit.whose, held.spent, held.reserved, planned):
                return Refusal(message, _said(limit, planned, message))
        return None

    def reserve(self, row: Step, planned: Planned) -> None:
        """Put aside what a call may take, and write into its row where."""
        scopes = self.scopes(row)
        if not scopes:
            return
        row.reserved = {"scopes": scopes, **_as_json(planned.amounts)}
        self._change(scopes, NOTHING, planned.amounts)

    def scopes(self, row: Step) -> list[str]:
        """Return where a call of a step is counted."""
        agent = row.agent if row.kind == "agent" else ""
        return list(dict.fromkeys(limit.scope for limit in self._on(row.parent or row.key, agent)))

    def settle(self, row: Step, spent: Amounts) -> None:
        """Count what a call took in the place of what was put aside for it."""
        if not row.reserved:
            return
        reserved = Amounts(**{name: row.reserved[name] for name in _UNITS})
        self._change(row.reserved["scopes"], spent, NOTHING - reserved)
        row.reserved = {}

    def give_back(self, row: Step) -> None:
        """Free what was put aside for a call that nobody waits for any longer: all that counts is that it was made."""
        self.settle(row, Amounts(calls=1))

    def adopt(self, agent: str, day: Limit) -> None:
        """Let an agent's day limit its calls for this run too; what was settled here before it was read counts now."""
        if agent not in self.of_agent:
            self.of_agent[agent] = day
            spent, reserved = self._changes.get(day.scope, (NOTHING, NOTHING))
            day.held.spent, day.held.reserved = day.held.spent + spent, day.held.reserved + reserved

    def add(self, scopes: Iterable[str], spent: Amounts) -> None:
        """Count what turned out only after a call had been settled."""
        self._change(scopes, spent, NOTHING)

    def changes(self) -> list[JsonObject]:
        """Return what is to be written about these purses."""
        return [
            {"organization_id": str(self.organization_id), "scope": scope, **_columns(spent, reserved)}
            for scope, (spent, reserved) in self._changes.items()
        ]

    def all(self) -> Iterable[Limit]:
        """Return every limit: of the run, of its steps and of agents."""
        return (*self.limits, *self.of_step.values(), *self.of_agent.values())

    def _on(self, step_id: str, agent: str) -> list[Limit]:
        if step_id not in self.of_step and agent not in self.of_agent:
            return self.limits
        found = (self.of_step.get(step_id), self.of_agent.get(agent))
        return [*self.limits, *(limit for limit in found if limit is not None)]

    def _change(self, scopes: Iterable[str], spent: Amounts, reserved: Amounts) -> None:
        for scope in dict.fromkeys(scopes):
            before = self._changes.get(scope, (NOTHING, NOTHING))
            self._changes[scope] = (before[0] + spent, before[1] + reserved)
        changed = {id(limit.held): limit.held for limit in self.all() if limit.scope in scopes}
        for held in changed.values():
            held.spent, held.reserved = held.spent + spent, held.reserved + reserved


def lock_purses(many: Iterable[Purses]) -> None:
    """Lock what limits the runs of this transaction until it ends, and read what is left there."""
    found: dict[Named, list[Limit]] = {}
    for purses in many:
        for limit in purses.all():
            if purses.organization_id is not None:
                found.setdefault((purses.organization_id, limit.scope), []).append(limit)
    if not found:
        return
    wanted = json.dumps([_named(*name, limits[0].day) for name, limits in found.items()])
    with pipeline():
        execute(_OPEN, [wanted]).close()
        locking = _LOCK.send(wanted)
        purses_there = locking.rows()
    for purse in purses_there:
        held = Held(purse.spent, purse.reserved)
        for limit in found[purse.organization_id, purse.scope]:
            limit.held = held


def read_alone(organization_id: UUID, limit: Limit) -> Limit:
    """Fill in what is left of a limit that only this transaction reserves on; others settle on it, which frees only."""
    scope = _named(organization_id, limit.scope, limit.day)
    execute(_OPEN, [json.dumps([scope])]).close()
    purse = Purse.objects.get(organization_id=organization_id, scope=limit.scope)
    limit.held = Held(purse.spent, purse.reserved)
    return limit


def write_purses(many: Iterable[Purses]) -> None:
    """Write what was reserved and settled; call it inside a pipeline."""
    summed: dict[tuple[Any, Any], JsonObject] = {}
    for change in (change for purses in many for change in purses.changes()):
        name = (change["organization_id"], change["scope"])
        summed[name] = _added(summed[name], change) if name in summed else change
    if unlocked := sorted(name for name in summed if "/agent:" in name[1]):
        named = [{"organization_id": organization_id, "scope": scope} for organization_id, scope in unlocked]
        execute(_LOCK_ROWS, [json.dumps(named)]).close()
    if summed:
        execute(_CHANGE, [json.dumps([summed[name] for name in sorted(summed)])]).close()


def _named(organization_id: UUID, scope: str, day: date | None) -> dict[str, Any]:
    shown = day.isoformat() if day else None
    return {"id": str(new_id()), "organization_id": str(organization_id), "scope": scope, "day": shown}


def _said(limit: Limit, planned: Planned, message: str) -> JsonObject:
    return {
        "scope": limit.scope,
        "limits": limit.allowance.model_dump(mode="json", include={"cost_usd", "tokens", "calls"}, exclude_none=True),
        "spent": _as_json(limit.held.spent),
        "reserved": _as_json(limit.held.reserved),
        "planned": _as_json(planned.amounts),
        "message": message,
    }


def _as_json(amounts: Amounts) -> JsonObject:
    return {name: getattr(amounts, name) for name in _UNITS}


def _columns(spent: Amounts, reserved: Amounts) -> JsonObject:
    return {
        f"{what}_{name}": getattr(of, name)
        for what, of in (("spent", spent), ("reserved", reserved))
        for name in _UNITS
    }


def _added(one: JsonObject, other: JsonObject) -> JsonObject:
    return {name: value + other[name] if isinstance(value, int) else value for name, value in one.items()}  # type: ignore[operator]
