"""Facts that follow from other facts: worked out where a rule reads them, and the same whenever they are."""

from collections.abc import Callable, Collection, Mapping, Set
from typing import Any, Final

from coordination.engine.rules.hooks import HOOKS
from coordination.engine.rules.pii import kinds_in
from coordination.engine.rules.provenance import Source, provenance_of

Facts = Mapping[str, Any]
PROVENANCE: Final = (
    "provenance.untrusted",
    "provenance.unexplained",
    "provenance.dictated",
    "provenance.instructed",
    "provenance.sidetracked",
)


def derived(facts: Facts, wanted: Set[str]) -> Facts:
    """Return the facts with those of the wanted ones that follow from them and were not given."""
    found: dict[str, Any] = {}
    for names, work_out in _DERIVED.items():
        if not wanted.isdisjoint(names) and not any(facts.get(name) for name in names):
            found |= work_out(facts)
    return {**facts, **found} if found else facts


def rests_on(wanted: Collection[str], hook: str) -> frozenset[str]:
    """Return the facts from which the wanted ones follow at a hook."""
    names: set[str] = set()
    if "pii.kinds" in wanted and HOOKS[hook].redacts:
        names.add(HOOKS[hook].redacts)
    if not {*PROVENANCE}.isdisjoint(wanted):
        names |= {"action.name", "action.args", "task.prompt", "task.sources"}
    return frozenset(names)


def _personal_data(facts: Facts) -> dict[str, Any]:
    hook = HOOKS.get(str(facts.get("hook")))
    return {"pii.kinds": kinds_in(facts.get(hook.redacts)) if hook is not None and hook.redacts else []}


def _provenance(facts: Facts) -> dict[str, Any]:
    sources = [
        Source(str(one.get("tool", "")), one.get("args") or {}, one.get("result"))
        for one in facts.get("task.sources") or []
        if isinstance(one, dict)
    ]
    args = facts.get("action.args") or {}
    return provenance_of(str(facts.get("action.name")), args, str(facts.get("task.prompt") or ""), sources).as_facts()


_DERIVED: Final[Mapping[tuple[str, ...], Callable[[Facts], dict[str, Any]]]] = {
    ("pii.kinds",): _personal_data,
    PROVENANCE: _provenance,
}
