"""What is typed on the tabs of a policy: tests, parameters and exceptions."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from coordination.engine.rules.examples import mistakes_in
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject
from coordination.web.contexts.parts import Problem
from coordination.web.forms.manifest import mapping_in, said
from coordination.web.forms.policy_values import friendly, parts, read

SCOPE = ("workflows", "agents", "roles", "actions")


def test_in(posted: Mapping[str, str]) -> tuple[JsonObject, list[Problem]]:
    """Return the test that was typed, and what is wrong with it."""
    given, errors = mapping_in(posted.get("given", "").replace("\r\n", "\n"), "")
    problems = [Problem(said(error), "#given") for error in errors]
    problems += [Problem(said(FieldError("", one.message, one.suggestion)), "#given") for one in mistakes_in(given)]
    test: JsonObject = {
        "title": posted.get("title", "").strip(),
        "given": given,
        "expected": posted.get("expected") == "holds",
    }
    return test, problems


def with_test(spec: Mapping[str, Any], rule: str, test: JsonObject) -> JsonObject:
    """Return the spec with one test more."""
    return _with(spec, rule, lambda tests: [*tests, test])


def without_test(spec: Mapping[str, Any], rule: str, at: int) -> JsonObject:
    """Return the spec without one of a rule's tests."""
    return _with(spec, rule, lambda tests: [one for number, one in enumerate(tests) if number != at])


def values_in(spec: Mapping[str, Any], posted: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the parameters whose values were changed, by rule and name."""
    changed: dict[str, dict[str, Any]] = {}
    for rule in spec["rules"]:
        for name, param in (rule.get("params") or {}).items():
            text = posted.get(f"value-{rule['key']}-{name}")
            if text is not None and (value := read(param["type"], text.strip())) != param["value"]:
                changed.setdefault(rule["key"], {})[name] = value
    return changed


def placed(spec: Mapping[str, Any], errors: Iterable[FieldError]) -> dict[str, str]:
    """Return what is wrong with parameters' values, by the name of their field."""
    found = {}
    for error in errors:
        place = error.pointer.split("/")
        if len(place) > 5 and place[2] == "rules" and place[4] == "params":
            found[f"value-{spec['rules'][int(place[3])]['key']}-{place[5]}"] = friendly(error.message)
    return found


def exception_in(posted: Mapping[str, str], approved_by: str) -> tuple[JsonObject, list[Problem]]:
    """Return the exception that was typed, and what is wrong with it."""
    problems = []
    until = posted.get("until", "").strip()
    try:
        day = date.fromisoformat(until)
    except ValueError:
        day = date.min
        problems.append(Problem("Until: choose the last day on which it holds.", "#until"))
    reason = posted.get("reason", "").strip()
    if not reason:
        problems.append(Problem("Reason: say why the rule does not hold for it.", "#reason"))
    scope: JsonObject = {name: parts(posted.get(name, "")) for name in SCOPE}
    if not any(scope.values()):
        problems.append(Problem("Say what is excepted: at least one workflow, agent, role or action.", "#workflows"))
    last = datetime.combine(day, time.max.replace(microsecond=0), UTC)
    return {"scope": scope, "until": last.isoformat(), "approved_by": approved_by, "reason": reason}, problems


def _with(spec: Mapping[str, Any], key: str, change: Any) -> JsonObject:
    rules = [
        {**rule, "tests": change(rule.get("tests") or [])} if rule["key"] == key else rule for rule in spec["rules"]
    ]
    return {**spec, "rules": rules}
