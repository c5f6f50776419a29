"""Take out what a rule says must not be there: whole fields by their path, personal data by its pattern."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from coordination.engine.rules.pii import masked

HIDDEN = "[redacted]"


@dataclass(frozen=True, slots=True, order=True)
class Redaction:
    """What one rule takes out: `fields` are dotted paths, in which * is any name and lists are walked through."""

    policy: str
    rule: str
    fields: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something was taken out: the path of the value, and the kind of data, or "field" for all of it."""

    path: str
    kind: str
    policy: str
    rule: str

    def as_json(self) -> dict[str, str]:
        """Return the place as decisions keep it."""
        return {"path": self.path, "kind": self.kind, "policy": self.policy, "rule": self.rule}


def redacted(value: Any, redactions: Iterable[Redaction]) -> tuple[Any, tuple[Place, ...]]:
    """Return a copy of a JSON value without what the rules take out, and where that was; the order does not matter."""
    found: list[Place] = []
    redactions = sorted(redactions)
    for one in redactions:
        for path in one.fields:
            value = _without(value, path.split("."), "", one, found)
    # Fields first: what is hidden already holds nothing that a pattern could find.
    for one in redactions:
        if one.patterns:
            value = _masked(value, "", one, found)
    return value, tuple(sorted({*found}))


def _without(value: Any, path: list[str], at: str, rule: Redaction, found: list[Place]) -> Any:
    if isinstance(value, list):
        return [_without(item, path, f"{at}[{index}]", rule, found) for index, item in enumerate(value)]
    if not path:
        found.append(Place(at, "field", rule.policy, rule.rule))
        return HIDDEN
    if not isinstance(value, dict):
        return value
    first, rest = path[0], path[1:]
    return {
        name: _without(item, rest, _joined(at, name), rule, found) if first in ("*", name) else item
        for name, item in value.items()
    }


def _masked(value: Any, at: str, rule: Redaction, found: list[Place]) -> Any:
    if isinstance(value, str):
        text, kinds = masked(value, rule.patterns)
        found.extend(Place(at, kind, rule.policy, rule.rule) for kind in kinds)
        return text
    if isinstance(value, list):
        return [_masked(item, f"{at}[{index}]", rule, found) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {name: _masked(item, _joined(at, name), rule, found) for name, item in value.items()}
    return value


def _joined(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
