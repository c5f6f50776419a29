"""Facts that are found out only where a rule reads them, and are therefore missing from decisions of other times.

What always goes with an act is zero where it is missing: an action by no agent has no agent's name. A fact of this
table that is missing although the act had one is not zero but unknown.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from coordination.engine.cel import ExpressionError, environment
from coordination.engine.rules.derived import PROVENANCE, rests_on
from coordination.engine.rules.hooks import HOOKS, TOOL_CALL, knows
from coordination.engine.rules.ruleset import Rule, params_environment

_OF_A_RUN = (
    "history.tools",
    "history.tainted_sources",
    "history.repeats",
    "flow.labels",
    "run.depth",
    "run.input",
    "task.prompt",
    "task.sources",
    "task.tools",
)
_OF_AN_AGENT = ("agent.age_days", "rate.calls_1m", "rate.denials_1h", "rate.actions")
_OF_THE_ACT = (
    "call.input",
    "call.cost_usd",
    "action.labels",
    "action.draw",
    "data.purpose",
    "data.texts",
    "memory.value",
    "result.output",
    "change.spec",
)
# Whether an act has the fact: by its hook, its run and its agent. Agents elsewhere tell of their own runs.
_HAS: Final[Mapping[str, Callable[[str, str, str], bool]]] = {
    **dict.fromkeys(_OF_A_RUN, lambda hook, run, _: bool(run) or hook == TOOL_CALL),
    **dict.fromkeys(_OF_AN_AGENT, lambda _, __, agent: bool(agent)),
    **dict.fromkeys(_OF_THE_ACT, lambda *_: True),
}
LOOKED_UP: Final = frozenset(_HAS)
_DERIVED = ("pii.kinds", *PROVENANCE)
_WORD = re.compile(r"[A-Za-z_]\w*")


def looked_up_for(rule: Rule, hook: str) -> frozenset[str]:
    """Return the facts that may have to be found out to tell whether a rule holds at a hook."""
    wanted = {name for name in (*LOOKED_UP, *_DERIVED) if _reads(rule, name)}
    if rule.limit is not None:
        wanted.update(rule.limit.reads)
    wanted |= rests_on(wanted, hook)
    return frozenset(name for name in LOOKED_UP & wanted if knows(HOOKS[hook], name))


def _reads(rule: Rule, fact: str) -> bool:
    """Tell whether a condition reads a fact: one that does cannot be compiled where there is no such fact."""
    if not {*_WORD.findall(rule.when)}.issuperset(fact.split(".")):
        return False
    names = params_environment({name: parameter.type for name, parameter in rule.params.items()})
    try:
        environment({name: kind for name, kind in names.items() if name != fact}).compile(rule.when)
    except ExpressionError:
        return True
    return False


def has(fact: str, hook: str, run: str, agent: str) -> bool:
    """Tell whether an act has such a fact at all."""
    return _HAS[fact](hook, run, agent)
