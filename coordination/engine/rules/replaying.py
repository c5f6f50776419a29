"""The facts of a stored decision as they were: typed again, and refused where rules would read what nobody knows."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from coordination.engine.rules.facts import FACTS, complete
from coordination.engine.rules.hooks import HOOKS, hooks_of
from coordination.engine.rules.looked_up import has, looked_up_for
from coordination.engine.rules.ruleset import Broken, Rule

_DOUBLES = frozenset(name for name, kind in FACTS.items() if kind == "double")


class Unreplayable(Exception):
    """What was known is not all there any more, or was never looked up."""


class Replay:
    """Stored inputs for rules that may read other facts than those they were stored for."""

    def __init__(self, rules: Iterable[Rule | Broken]) -> None:
        given = [rule for rule in rules if isinstance(rule, Rule)]
        self._looked_up = {
            hook: sorted({name for rule in given if hook in hooks_of(rule.hooks) for name in looked_up_for(rule, hook)})
            for hook in HOOKS
        }

    def facts(self, stored: Mapping[str, Any], run: str, agent: str) -> dict[str, Any]:
        """Return what was known of an act in a run, by an agent; raises Unreplayable."""
        hook = str(stored.get("hook"))
        for name in self._looked_up.get(hook, ()):
            if name not in stored and has(name, hook, run, agent):
                raise Unreplayable(f"{name} was not looked up then, for no rule read it")
        moment = _moment(stored.get("now"))
        if moment is None:
            raise Unreplayable("it is not known when it was")
        known = {name: value for name, value in stored.items() if name in FACTS}
        # JSON keeps no difference between 100 and 100.0.
        for name in _DOUBLES:
            if type(known.get(name)) is int:
                known[name] = float(known[name])
        return {**complete(known, moment), "now": moment}


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
