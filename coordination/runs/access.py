"""Ask policies before a working agent reads or writes: outside any transaction, each decision by itself."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from coordination.accounts.models import Organization
from coordination.agents.models import Agent
from coordination.engine.rules.hooks import MESSAGE
from coordination.policies.selectors import stamp_of
from coordination.policies.services import Decision, Lookups, bulk_record, has_rules_for
from coordination.runs.guard import Occasion, about_agent, agent_facts, judge, run_facts
from coordination.runs.loading import subject_of
from coordination.runs.models import Run
from coordination.runs.work import AgentWork
from coordination.shared.json import Json


class AccessGuard:
    """Decides what one agent reaches in one attempt; who the agent is and what it works on is read once."""

    def __init__(self, work: AgentWork) -> None:
        self._work = work

    def ask(
        self,
        hook: str,
        about: Mapping[str, Any],
        content: Mapping[str, Callable[[], Any]] | None = None,
        confidence: float | None = None,
    ) -> Decision | None:
        """Return what policies decide, or None where they have nothing to say; one statement then.

        The rules are those of this moment, not of the step's beginning: a rule holds from the next act on.
        """
        stamp = stamp_of(self._work.organization_id)
        if not has_rules_for(self._work.organization_id, hook, stamp):
            return None
        decision = self._judged(hook, about, content or {}, confidence, stamp)
        bulk_record([decision])
        return decision

    def message(self, about: Mapping[str, Any], content: Json, stamp: UUID) -> Decision:
        """Return what policies decide about a message; whoever sends it records the decision."""
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        return self._judged(MESSAGE, about, {"message.text": lambda: text}, None, stamp)

    def _judged(
        self,
        hook: str,
        about: Mapping[str, Any],
        content: Mapping[str, Callable[[], Any]],
        confidence: float | None,
        stamp: UUID,
    ) -> Decision:
        work = self._work
        occasion = Occasion(
            organization=self._run.organization,
            subject=subject_of(work.run_id, work.step_key),
            run_id=work.run_id,
            step=work.step_key,
            run=run_facts(self._run),
            attempt=work.attempt,
            confidence=confidence,
            stamp=stamp,
        )
        agent = self._agent
        known = agent_facts(agent) if agent is not None else {"agent.name": work.task.agent}

        def more() -> Lookups:
            return {
                "data.purpose": lambda: work.purpose,
                "resource.organization": lambda: self._run.organization.slug,
                "run.depth": lambda: self._run.depth,
                "run.input": lambda: self._run.input,
                **about_agent(occasion, work.task.agent, agent),
                **content,
            }

        return judge(occasion, {"hook": hook, "step.kind": "agent", **known, **about}, more)

    @property
    def role(self) -> str:
        """Return the name of the agent's role."""
        return self._agent.role_name if self._agent is not None else ""

    @cached_property
    def _run(self) -> Run:
        return Run.objects.select_related("organization").get(pk=self._work.run_id)

    @cached_property
    def _agent(self) -> Agent | None:
        found: Organization = self._run.organization
        return Agent.objects.filter(organization=found, name=self._work.task.agent).first()
