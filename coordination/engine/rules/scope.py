"""What a rule, or an exception from it, is about: named workflows, agents, roles and actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True, slots=True)
class Scope:
    """Patterns of names (`*`, `?`, `[…]`); what is left empty may be anything."""

    workflows: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    def covers(self, facts: Mapping[str, Any]) -> bool:
        """Tell whether the act is within."""
        return (
            _fits(self.workflows, facts.get("run.workflow"))
            and _fits(self.agents, facts.get("agent.name"))
            and _fits(self.roles, facts.get("agent.role"))
            and _fits(self.actions, facts.get("action.name"))
        )


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Exemption:
    """A rule does not hold for this scope before `until`; somebody answers for it."""

    scope: Scope
    until: datetime
    approved_by: str = ""
    reason: str = ""

    def covers(self, facts: Mapping[str, Any]) -> bool:
        """Tell whether the act is exempt at the time it happens."""
        moment = facts.get("now")
        at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return isinstance(at, datetime) and at < self.until and self.scope.covers(facts)


def _fits(patterns: tuple[str, ...], name: Any) -> bool:
    return not patterns or any(fnmatchcase(str(name or ""), pattern) for pattern in patterns)
