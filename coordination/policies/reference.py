"""The tables of the guide to policies, as they follow from the code; a test keeps the guide to them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from coordination.engine.rules.combine import combine
from coordination.engine.rules.facts import FACTS
from coordination.engine.rules.hooks import ACTION, HOOKS, TOOL_CALL, Hook
from coordination.engine.rules.meanings import MEANINGS
from coordination.policies.frameworks import TAGS
from coordination.policies.library import TOPICS, entries

_OUTCOMES = {"allow": "it happens", "require_approval": "a person decides", "deny": "it does not happen"}
_ACTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "reads": {"action.known": True, "action.effect": "read", "action.reversibility": "reversible"},
    "changes something": {"action.known": True, "action.effect": "write", "action.reversibility": "reversible"},
    "cannot be undone": {"action.known": True, "action.effect": "write", "action.reversibility": "irreversible"},
    "uses a tool that nobody registered": {"action.known": False},
}


def hooks_table() -> str:
    """Return where rules are asked, and what they can do there."""
    rows = [
        (
            f"`{hook.name}`",
            hook.title,
            "yes" if hook.may_ask else "no",
            f"`{hook.redacts}`" if hook.redacts else "–",
            "always" if hook.recorded else "where there is a rule",
            ", ".join(f"`{start}`" for start in hook.knows),
        )
        for hook in HOOKS.values()
    ]
    return _table(("hook", "asked", "people can be asked", "what can be taken out", "on record", "facts"), rows)


def defaults_table() -> str:
    """Return what happens to an act that no rule says anything about."""
    rows = []
    for hook in HOOKS.values():
        if hook.name in (ACTION, TOOL_CALL):
            rows += [(f"`{hook.name}`, {act}", _default(hook, facts)) for act, facts in _ACTS.items()]
        else:
            rows.append((f"`{hook.name}`", _default(hook, {})))
    return _table(("act", "what happens"), [*rows, ("anything else", _OUTCOMES["deny"])])


def facts_table() -> str:
    """Return every fact with its type and its meaning."""
    return _table(
        ("fact", "type", "meaning"), [(f"`{name}`", f"`{kind}`", MEANINGS[name]) for name, kind in FACTS.items()]
    )


def library_table() -> str:
    """Return every policy of the library with what its rules do."""
    rows = [
        (
            TOPICS[entry.topic],
            f"`{entry.name}`",
            entry.manifest.metadata.description,
            ", ".join(entry.effects),
            ", ".join(entry.spec.tags),
        )
        for entry in entries()
    ]
    return _table(("about", "policy", "what it does", "effects", "supports a part of"), rows)


def tags_table() -> str:
    """Return what each tag of the library points at."""
    return _table(("tag", "what it is about"), [(f"`{tag}`", about) for tag, about in TAGS.items()])


TABLES = {
    "hooks": hooks_table,
    "defaults": defaults_table,
    "facts": facts_table,
    "library": library_table,
    "tags": tags_table,
}


def _default(hook: Hook, facts: Mapping[str, Any]) -> str:
    return _OUTCOMES[combine([], {"hook": hook.name, **facts}).outcome.value]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(' '.join(cell.split()) for cell in line)} |" for line in lines)
