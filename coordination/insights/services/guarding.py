"""What policies allowed without a person is looked at too: some of it, and all that an agent does at first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from coordination.accounts.models import Organization
from coordination.agents.models import Tool
from coordination.approvals.models import SampleCount, SecondLook, Verdict
from coordination.approvals.services import Drawn, Strata, draw_decided, held_place, lapse_due, put_up
from coordination.approvals.services.sampling import SETTLED_AFTER
from coordination.engine.trust.risk import band_of
from coordination.engine.trust.tables import Bands
from coordination.policies.models import PolicyDecision
from coordination.risk.selectors import tables_of
from coordination.runs.models import Step, ToolCall
from coordination.shared.clock import now

_CALLS: Final = "calls"
_AT_ONCE: Final = 500


def guard_judgement() -> int:
    """Draw second looks and exercises of what was decided and done since the last time; return how many came of it."""
    moment = now()
    lapse_due(moment)
    return draw_decided(moment) + draw_allowed(moment)


def draw_allowed(moment: datetime) -> int:
    """Go through the actions that policy allowed by itself; return how many are looked at once more."""
    made = 0
    while True:
        with transaction.atomic():
            place = held_place(_CALLS)
            batch = _released_after(place, moment) if place else []
            if place is None or not batch:
                return made
            made += _drawn_of(batch)
            place.last_id = batch[-1].pk
            place.save(update_fields=["last_id"])


def _released_after(place: SampleCount, moment: datetime) -> list[ToolCall]:
    found = ToolCall.objects.filter(pk__gt=place.last_id, released_at__lt=moment - SETTLED_AFTER)
    return list(found.select_related("run", "organization").defer("args", "result").order_by("pk")[:_AT_ONCE])


def _drawn_of(batch: Sequence[ToolCall]) -> int:
    by_organization: dict[Organization, list[ToolCall]] = defaultdict(list)
    for call in batch:
        if call.approval_id is None:
            by_organization[call.organization].append(call)
    return sum(_of_one(organization, calls) for organization, calls in by_organization.items())


def _of_one(organization: Organization, calls: Sequence[ToolCall]) -> int:
    strata, bands = Strata(organization), tables_of(organization).bands
    tools = {tool.name: tool.spec for tool in Tool.objects.filter(organization=organization)}
    agents = _agents(calls)
    facts = dict(PolicyDecision.objects.filter(pk__in=[call.decision_id for call in calls]).values_list("pk", "input"))
    looks = []
    for call in calls:
        if tools.get(call.tool, {}).get("effect", "write") == "read":
            continue
        agent = agents.get((call.run_id, call.step_key), "")
        band = _band(facts.get(call.decision_id, {}) if call.decision_id else {}, bands)
        why = _why(strata, agent, call.tool, band)
        if why:
            looks.append(_look_at(call, agent, band, why))
    strata.save()
    return put_up(organization, looks, timedelta(days=strata.terms.look_within_days))


def _why(strata: Strata, agent: str, tool: str, band: str) -> str:
    """Return why an action is looked at, "" for one that is not; what an agent is given to do counts by the tool."""
    if agent and strata.terms.first_actions:
        place = strata.place(f"first:{agent}:{tool}")
        if place < strata.terms.first_actions:
            return SecondLook.Why.FIRST
    drawn = strata.is_drawn(f"allowed:{band}", strata.terms.second_looks_at_allowed)
    return SecondLook.Why.ALLOWED if drawn else ""


def _agents(calls: Sequence[ToolCall]) -> dict[tuple[UUID, str], str]:
    """Return who proposed each action."""
    rows = Step.objects.filter(run__in={call.run_id for call in calls}, key__in={call.step_key for call in calls})
    return {(run_id, key): agent for run_id, key, agent in rows.values_list("run_id", "key", "agent")}


def _band(facts: Mapping[str, Any], bands: Bands) -> str:
    score = facts.get("risk.score")
    return band_of(int(score), bands) if score is not None else "medium"


def _look_at(call: ToolCall, agent: str, band: str, why: str) -> Drawn:
    starter = call.run.started_by_id
    return Drawn(
        source=f"call:{call.pk}",
        why=why,
        subject=f"run:{call.run_id}/step:{call.step_key}",
        operation=call.tool,
        risk_band=band,
        first=Verdict.APPROVE,
        agent=agent,
        kept_out=[starter] if starter is not None else [],
    )
