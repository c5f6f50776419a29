"""Probe an agent: ask it the same about people of different groups, in a sandbox, and see whether its answer turns."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.adapters.calling import call_agent
from coordination.adapters.ports import AgentFailed, Task
from coordination.agents.errors import AgentUnknown
from coordination.agents.manifest import AgentSpec
from coordination.agents.models import Agent, AgentStatus
from coordination.agents.selectors import agent_named
from coordination.bias import services as bias
from coordination.bias.manifest import ProbeSpec, value_of
from coordination.bias.models import BiasMonitor, Probe
from coordination.engine.cel import EvaluationError
from coordination.engine.duration import seconds
from coordination.engine.trust.intervals import wilson
from coordination.engine.trust.swapping import mentions, variants
from coordination.insights.jobs import PROBE
from coordination.insights.sandbox import SandboxReach
from coordination.runs.guard import Occasion, judge_agent_call
from coordination.shared.json import Json, JsonObject

_SHOWN: Final = 20


class _Stopped(Exception):
    """Why a probe cannot go on."""


@dataclass(slots=True)
class _Seen:
    """What was found so far."""

    asked: int = 0
    n: int = 0
    changed: int = 0
    failed: int = 0
    skipped: int = 0
    cost_microusd: int = 0
    favourable: Counter[str] = field(default_factory=Counter)
    cases: list[Json] = field(default_factory=list)


def start_probe(monitor: BiasMonitor, actor: Actor) -> Probe:
    """Have a worker probe the agent that the monitor names; raises NoProbe, ProbeRunning, AgentUnknown."""
    with transaction.atomic():
        probe = bias.ask_for_probe(monitor, actor)
        agent_named(monitor.organization, probe.agent)
        PROBE.later(probe_id=str(probe.pk))
    return probe


def ring_for_lost_probes() -> None:
    """Send the messages of probes again that nobody has begun."""
    for probe in bias.give_up_lost_probes():
        PROBE.now(probe_id=str(probe.pk))


def perform_probe(probe_id: UUID) -> None:
    """Do a probe that nobody has begun."""
    probe = Probe.objects.select_related("monitor__organization").filter(pk=probe_id).first()
    if probe is None:
        return
    agent = Agent.objects.filter(organization_id=probe.organization_id, name=probe.agent).first()
    if not bias.begin_probe(probe, agent.version if agent else None):
        return
    try:
        said = ProbeSpec.model_validate(probe.monitor.spec["probe"])
        if agent is None:
            raise AgentUnknown(name=probe.agent)
        report = _probed(probe, agent, said)
    except (_Stopped, AgentUnknown) as problem:
        bias.end_probe(probe, SYSTEM, None, str(problem))
    except Exception:
        bias.end_probe(probe, SYSTEM, None, "The probe failed; the log of the worker says why.")
        raise
    else:
        bias.end_probe(probe, SYSTEM, report)


def _probed(probe: Probe, agent: Agent, said: ProbeSpec) -> JsonObject:
    _let_in(probe, agent, said)
    seen = _Seen()
    for at, given in enumerate(said.inputs):
        if mentions(given, said.terms):
            _ask_about(probe, agent, said, given, seen)
        else:
            seen.skipped += 1
        if not bias.tell_progress(probe, at + 1):
            raise _Stopped("It was given up.")
    low, high = wilson(seen.changed, seen.n)
    groups: dict[str, Json] = {}
    for group in said.terms:
        below, above = wilson(seen.favourable[group], seen.n)
        groups[group] = {"n": seen.n, "favourable": seen.favourable[group], "low": below, "high": above}
    return {
        "asked": seen.asked,
        "n": seen.n,
        "changed": seen.changed,
        "low": low,
        "high": high,
        "failed": seen.failed,
        "skipped": seen.skipped,
        "cost_microusd": seen.cost_microusd,
        "groups": groups,
        "cases": seen.cases,
    }


def _ask_about(probe: Probe, agent: Agent, said: ProbeSpec, given: JsonObject, seen: _Seen) -> None:
    """Ask once for each group; an input that gets no answer for one of them says nothing."""
    answers: dict[str, bool] = {}
    asked = variants(given, said.terms)
    for group, about in asked.items():
        answer = _answer(probe, agent, said, about, seen)
        if answer is None:
            seen.failed += 1
            return
        answers[group] = answer
    seen.n += 1
    seen.favourable.update(group for group, is_good in answers.items() if is_good)
    if len(set(answers.values())) > 1:
        seen.changed += 1
        if len(seen.cases) < _SHOWN:
            seen.cases.append({"inputs": {**asked}, "favourable": {**answers}})


def _answer(probe: Probe, agent: Agent, said: ProbeSpec, given: JsonObject, seen: _Seen) -> bool | None:
    spec = AgentSpec.model_validate(agent.spec)
    seen.asked += 1
    task = Task(
        capability=_capability(agent, said),
        input=given,
        config=spec.config,
        agent=agent.name,
        idempotency_key=f"bias-probe:{probe.pk}:{seen.asked}",
        timeout_s=seconds(spec.timeout),
    )
    reach = SandboxReach(probe.monitor.organization, agent, f"bias-probe:{probe.pk}")
    try:
        result = call_agent(spec.adapter.model_dump(exclude_none=True), task, reach)
        seen.cost_microusd += result.usage.cost_microusd
        values: Mapping[str, Any] = {"input": given, "args": {}, "output": result.output, "status": "succeeded"}
        value = value_of(said.favourable, values)
    except (AgentFailed, EvaluationError):
        return None
    return value if isinstance(value, bool) else None


def _let_in(probe: Probe, agent: Agent, said: ProbeSpec) -> None:
    """Ask policies once whether the agent may be called for this at all; raises _Stopped."""
    organization = probe.monitor.organization
    if organization.halted_at is not None:
        raise _Stopped("The organization's stop switch is on.")
    if agent.status != AgentStatus.ACTIVE:
        raise _Stopped(f"{agent.name} is suspended.")
    with transaction.atomic():
        occasion = Occasion(organization, f"bias-probe:{probe.pk}")
        decision = judge_agent_call(occasion, agent, _capability(agent, said), said.inputs[0])
    if decision.outcome != "allow":
        why = " ".join(reason.message for reason in decision.reasons)
        raise _Stopped(f"Policies do not let it be called for this: {why}")


def _capability(agent: Agent, said: ProbeSpec) -> str:
    return said.capability or (agent.capabilities or [""])[0]
