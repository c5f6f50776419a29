"""One rule beside what it was before: each comparison is about one field, in words and with what it does."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from coordination.engine.rules.stages import Chain, Stage
from coordination.engine.rules.strictness import Reach, reach, reach_of_sets, resolved, thresholds
from coordination.engine.rules.wording import PLACE, fill, money, words

JsonMap = Mapping[str, Any]


class Direction(StrEnum):
    """What a change does to what may happen."""

    LOOSER = "looser"
    STRICTER = "stricter"
    SAME = "same"
    UNCLEAR = "unclear"


_DOES = {
    "deny": ("stops it", "stopping it"),
    "require_approval": ("asks a person", "asking a person"),
    "limit": ("limits how often", "limiting how often"),
    "redact": ("hides parts of it", "hiding parts of it"),
    "warn": ("warns", "warning"),
    "allow": ("lets it happen", "letting it happen"),
}
_MODES = {"off": "switched off", "shadow": "only watched", "enforced": "enforced"}
_MODE_RANK = {"off": 0, "shadow": 1, "enforced": 2}
_ABOVE = {">": "is above", ">=": "is at least", "<": "is below", "<=": "is at most"}
_MONEY = {">": "above {}", ">=": "from {} on", "<": "below {}", "<=": "up to {}"}
_TEXTS = {"title": "its title", "message_to_agent": "what it tells agents", "message_to_human": "what it tells people"}
_ABOUT = {"owner": "the owner", "review_by": "the day of its next review", "severity": "the severity"}


def changes_in(old: JsonMap, new: JsonMap) -> Iterator[tuple[str, str, Direction]]:
    """Yield what a rule says otherwise: the field, the sentence, and whether more or less may happen for it."""
    for compare in _COMPARISONS:
        for what, sentence, direction in compare(old, new):
            yield what, sentence, Direction.SAME if is_off(old, new) else direction


_Found = Iterator[tuple[str, str, Direction]]


def _condition(old: JsonMap, new: JsonMap) -> _Found:
    was, now = _values(old), _values(new)
    if old["when"] == new["when"] and was == now:
        return
    direction = towards(new, reach(old["when"], was, new["when"], now))
    what = "params" if old["when"] == new["when"] else "when"
    moved = list(_moved(old, new))
    if moved:
        yield what, f"{does(new)} {' and '.join(moved)}", direction
    elif what == "params":
        yield what, ", ".join(_params(old, new)), direction
    else:
        yield what, f"{does(new)} when {new['when'].strip()} (it was: {old['when'].strip()})", direction


def _moved(old: JsonMap, new: JsonMap) -> Iterator[str]:
    """Yield the numbers that moved, when nothing but numbers did."""
    before = list(thresholds(resolved(old["when"], _values(old))))
    after = list(thresholds(resolved(new["when"], _values(new))))
    places = [(one.fact, one.sign) for one in before]
    only_numbers = places == [(one.fact, one.sign) for one in after] and _without(old, before) == _without(new, after)
    for was, now in zip(before, after, strict=True) if only_numbers else ():
        if was.number == now.number:
            continue
        if _is_money(was.fact, new):
            yield f"{_MONEY[now.sign].format(_money(now.number))} instead of {_money(was.number)}"
        else:
            yield f"when {now.fact} {_ABOVE[now.sign]} {words(now.number)} instead of {words(was.number)}"


def _without(rule: JsonMap, numbers: Iterable[Any]) -> str:
    """Return the condition without its thresholds' numbers."""
    text = resolved(rule["when"], _values(rule))
    for one in numbers:
        for said in {f"{one.number:g}", str(one.number)}:
            text = re.sub(rf"(?<![\w.]){re.escape(said)}(?![\w.])", "#", text)
    return "".join(text.split())


def _params(old: JsonMap, new: JsonMap) -> Iterator[str]:
    was, now, said = _values(old), _values(new), new.get("params") or {}
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name):
            title = (said.get(name) or {}).get("title") or name
            yield instead(f"{title} is", now.get(name), was.get(name))


def _effect(old: JsonMap, new: JsonMap) -> _Found:
    was, now = old["effect"], new["effect"]
    if was != now:
        # A person may let through what a limit refuses, and sees what was hidden: only the ends of the scale are sure.
        is_stricter = now == "deny" or (was in ("warn", "allow") and _asks_reviewers(new))
        sentence = f"{does(new)} instead of {_DOES[was][1]}"
        yield "effect", sentence, Direction.STRICTER if is_stricter and now != "allow" else Direction.LOOSER


def _approval(old: JsonMap, new: JsonMap) -> _Found:
    was, now = old.get("approval"), new.get("approval")
    if not was or not now or _chain(was) == _chain(now):
        return
    before, after = _chain(was), _chain(now)
    yield "approval", f"asks {_asked(after)} instead of {_asked(before)}", _demanding(before, after)


def _limit(old: JsonMap, new: JsonMap) -> _Found:
    was, now = old.get("limit"), new.get("limit")
    if was and now and was != now:
        is_lower = {**was, "max": 0} == {**now, "max": 0} and now["max"] < was["max"]
        direction = Direction.STRICTER if is_lower else Direction.LOOSER
        yield "limit", f"allows at most {_limited(now)} instead of {_limited(was)}", direction


def _redact(old: JsonMap, new: JsonMap) -> _Found:
    was, now = old.get("redact") or {}, new.get("redact") or {}
    before, after = _hidden(was), _hidden(now)
    if old["effect"] == new["effect"] and before != after:
        sentence = f"hides {named(sorted(after))} instead of {named(sorted(before))}"
        yield "redact", sentence, _stricter(reach_of_sets(before, after))


def _hooks(old: JsonMap, new: JsonMap) -> _Found:
    was, now = set(old["hooks"]), set(new["hooks"])
    if was != now:
        sentence = f"is asked at {named(sorted(now))} instead of {named(sorted(was))}"
        yield "hooks", sentence, towards(new, reach_of_sets(was, now))


def _scope(old: JsonMap, new: JsonMap) -> _Found:
    was, now = old.get("scope") or {}, new.get("scope") or {}
    for part in ("workflows", "agents", "roles", "actions"):
        before, after = was.get(part) or ["*"], now.get(part) or ["*"]
        if set(before) != set(after):
            # Everything there is: wider than any list of names.
            to = Reach.WIDER if "*" in after else Reach.NARROWER if "*" in before else reach_of_sets(before, after)
            sentence = f"applies to {_all(part, after)} instead of {_all(part, before)}"
            yield "scope", sentence, towards(new, to)


def _mode(old: JsonMap, new: JsonMap) -> _Found:
    was, now = old.get("mode", "enforced"), new.get("mode", "enforced")
    if was != now:
        to = Reach.WIDER if _MODE_RANK[now] > _MODE_RANK[was] else Reach.NARROWER
        yield "mode", f"is {_MODES[now]} instead of {_MODES[was]}", towards(new, to)


def _failing(old: JsonMap, new: JsonMap) -> _Found:
    was, now = old.get("failure_policy", "closed"), new.get("failure_policy", "closed")
    if was != now:
        is_open = now == "open"
        sentence = "is passed over when it cannot be decided" if is_open else "stops what it cannot decide"
        yield "failure_policy", sentence, Direction.LOOSER if is_open else Direction.STRICTER


def _exceptions(old: JsonMap, new: JsonMap) -> _Found:
    was, now = list(old.get("exceptions") or ()), list(new.get("exceptions") or ())
    for one in now:
        if one not in was:
            yield "exceptions", f"does not apply to {_excepted(one)}", towards(new, Reach.NARROWER)
    for one in was:
        if one not in now:
            yield "exceptions", f"applies again to {_excepted(one)}", towards(new, Reach.WIDER)


def _said(old: JsonMap, new: JsonMap) -> _Found:
    if old["statement"] != new["statement"]:
        yield "statement", f"reads “{statement(new)}” instead of “{statement(old)}”", Direction.SAME
    for field, name in _TEXTS.items():
        if (old.get(field) or "") != (new.get(field) or ""):
            yield field, f"{name} is “{new.get(field) or ''}” instead of “{old.get(field) or ''}”", Direction.SAME
    for field, name in _ABOUT.items():
        if (old.get(field) or "") != (new.get(field) or ""):
            yield field, instead(f"{name} is", new.get(field), old.get(field)), Direction.SAME
    if set(old.get("tags") or ()) != set(new.get("tags") or ()):
        yield "tags", f"the tags are {named(new.get('tags'))} instead of {named(old.get('tags'))}", Direction.SAME
    if (old.get("tests") or []) != (new.get("tests") or []):
        was, now = len(old.get("tests") or ()), len(new.get("tests") or ())
        yield "tests", f"its tests changed ({now} now, {was} before)", Direction.SAME


_COMPARISONS: tuple[Callable[[JsonMap, JsonMap], _Found], ...] = (
    _effect, _condition, _approval, _limit, _redact, _hooks, _scope, _mode, _failing, _exceptions, _said,
)  # fmt: skip


def towards(rule: JsonMap, to: Reach) -> Direction:
    """Return what it means that a rule holds more or less often: an allowance is the other way round."""
    if rule["effect"] == "allow":
        return _stricter(_OTHER_WAY.get(to, to))
    # Who is asked by a rule replaces who would have been asked without one.
    is_unsure = to == Reach.WIDER and not _asks_reviewers(rule)
    return Direction.UNCLEAR if is_unsure else _stricter(to)


_OTHER_WAY = {Reach.WIDER: Reach.NARROWER, Reach.NARROWER: Reach.WIDER}
_DIRECTIONS = {
    Reach.WIDER: Direction.STRICTER,
    Reach.NARROWER: Direction.LOOSER,
    Reach.SAME: Direction.SAME,
    Reach.UNCLEAR: Direction.UNCLEAR,
}


def _stricter(to: Reach) -> Direction:
    return _DIRECTIONS[to]


def _asks_reviewers(rule: JsonMap) -> bool:
    """Tell whether whoever a rule asks is among those who are asked where no rule says otherwise."""
    asked = rule.get("approval") or {}
    return rule["effect"] != "require_approval" or (asked.get("role") == "reviewer" and not asked.get("users"))


def is_off(*rules: JsonMap) -> bool:
    """Tell whether none of the rules decides anything."""
    return all(rule.get("mode", "enforced") != "enforced" for rule in rules)


def does(rule: JsonMap) -> str:
    """Return what a rule does when it holds."""
    return _DOES[rule["effect"]][0]


def _values(rule: JsonMap) -> dict[str, Any]:
    return {name: param["value"] for name, param in (rule.get("params") or {}).items()}


def statement(rule: JsonMap) -> str:
    """Return a rule's sentence with its parameters; what only an act can fill in keeps its name."""
    values = {f"params.{name}": value for name, value in _values(rule).items()}
    return PLACE.sub(lambda place: fill(place[0], values) if place[1] in values else place[1], rule["statement"])


def instead(says: str, now: Any, was: Any) -> str:
    """Return that a value is another one."""
    return f"{says} {words(now or None)} instead of {words(was or None)}"


def named(names: Any) -> str:
    """Return names as people list them."""
    return words(list(names or ()))


def _all(part: str, names: list[str]) -> str:
    return f"all {part}" if "*" in names else f"the {part} {named(names)}"


def _chain(said: JsonMap) -> Chain:
    return tuple(Stage.of(one) for one in said.get("stages") or [said])


def _asked(chain: Chain) -> str:
    words_of = [f"{'and at once' if one.parallel else 'then'} {one}" for one in chain[1:]]
    return ", ".join([str(chain[0]), *words_of])


def _demanding(before: Chain, after: Chain) -> Direction:
    """Return whether a chain asks more of the same people: whom else it asks may be easier to persuade."""
    same = [(one.role, one.group, one.users) for one in before] == [(one.role, one.group, one.users) for one in after]
    more = same and all(now.n_required >= was.n_required for was, now in zip(before, after, strict=True))
    plain = [replace(one, n_required=1) for one in before] == [replace(one, n_required=1) for one in after]
    return Direction.STRICTER if more and plain else Direction.LOOSER


def _limited(limit: JsonMap) -> str:
    of = {"amount": " in amount", "cost": " in cost"}.get(limit.get("of", "count"), "")
    by = f" by {named(limit['by'])}" if limit.get("by") else ""
    return f"{words(limit['max'])}{of} in {limit['per']}{by}"


def _hidden(said: JsonMap) -> set[str]:
    return {*(said.get("fields") or ()), *(said.get("patterns") or ())}


def _excepted(one: JsonMap) -> str:
    scope = one.get("scope") or {}
    named = [_all(part, names) for part, names in scope.items() if names]
    why = f" ({one['reason']})" if one.get("reason") else ""
    return f"{' of '.join(named) or 'anything'} until {str(one.get('until'))[:10]}{why}"


def _is_money(fact: str, rule: JsonMap) -> bool:
    return fact.endswith(("amount", "_usd", ".usd")) or "$${" in rule["statement"]


def _money(number: float) -> str:
    return f"${money(number)}"
