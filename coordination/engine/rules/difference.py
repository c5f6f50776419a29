"""Two versions of a policy side by side, in words: what changed, and whether more or less may happen for it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from coordination.engine.rules.rule_changes import (
    Direction,
    JsonMap,
    changes_in,
    does,
    instead,
    is_off,
    named,
    statement,
    towards,
)
from coordination.engine.rules.strictness import Reach

_OF_POLICY = {"owner": "the owner", "review_by": "the day of its next review"}
__all__ = ["Change", "Direction", "differences", "loosening"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `rule` is empty when it is about the whole policy, `what` is the field or added, removed."""

    rule: str
    what: str
    sentence: str
    direction: Direction = Direction.SAME


def differences(old: JsonMap | None, new: JsonMap) -> list[Change]:
    """Return what a policy's new spec says otherwise than the old one, or than nothing at all."""
    before = {rule["key"]: rule for rule in (old or {}).get("rules", ())}
    after = {rule["key"]: rule for rule in new.get("rules", ())}
    changes = list(_about(old, new)) if old is not None else []
    for key, rule in after.items():
        changes += _changed(before[key], rule) if key in before else [_added(rule)]
    return changes + [_removed(rule) for key, rule in before.items() if key not in after]


def loosening(changes: Iterable[Change]) -> list[Change]:
    """Return the changes that let more happen, and those of which it cannot be told."""
    return [change for change in changes if change.direction in (Direction.LOOSER, Direction.UNCLEAR)]


def _about(old: JsonMap, new: JsonMap) -> Iterator[Change]:
    for field, name in _OF_POLICY.items():
        if old.get(field) != new.get(field):
            yield Change("", field, instead(f"{name} is", new.get(field), old.get(field)))
    if set(old.get("tags", ())) != set(new.get("tags", ())):
        yield Change("", "tags", f"the tags are {named(new.get('tags'))} instead of {named(old.get('tags'))}")


def _added(rule: JsonMap) -> Change:
    direction = Direction.SAME if is_off(rule) else towards(rule, Reach.WIDER)
    return Change(rule["key"], "added", f"{rule['key']}: a new rule {does(rule)}: {statement(rule)}", direction)


def _removed(rule: JsonMap) -> Change:
    direction = Direction.SAME if is_off(rule) else towards(rule, Reach.NARROWER)
    return Change(
        rule["key"], "removed", f"{rule['key']}: the rule is gone; it {does(rule)}: {statement(rule)}", direction
    )


def _changed(old: JsonMap, new: JsonMap) -> list[Change]:
    """Return what a rule says otherwise."""
    return [
        Change(new["key"], what, f"{new['key']}: {sentence}", direction)
        for what, sentence, direction in changes_in(old, new)
    ]
