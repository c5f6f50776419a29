"""Say what is wrong with an expression in plain words, where it is, and what was probably meant."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_TESTS = ["contains", "endsWith", "has", "matches", "size", "startsWith"]
_LOOPS = ["all", "exists", "exists_one", "filter", "map"]
_CONVERSIONS = ["bool", "double", "duration", "int", "string", "timestamp", "type", "uint"]
_DATES = ["getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getMonth"]
_TIMES = ["getHours", "getMilliseconds", "getMinutes", "getSeconds"]
FUNCTIONS = [*_TESTS, *_LOOPS, *_CONVERSIONS, *_DATES, *_TIMES]
_POSITION = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_STATUS = re.compile(r"^[A-Z_]+: ")
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_OVERLOAD = re.compile(
    r"[Nn]o matching overloads? (?:found )?(?:for |: )'?(@?[\w?:\[\]<>=!+*/%&|-]+?)'?(?: applied to ')?\((.*?)\)'?$"
)
_CHOICE = (
    (re.compile(r"^\?: does not work with \(bool, (.+)\)$"), r"both sides of ?: must be of one type, not (\1)"),
    (re.compile(r"^\?: does not work with \((\w+).*\)$"), r"what stands before ? must be true or false, not (\1)"),
)
_REWORDED = (
    (re.compile(r"Syntax error: mismatched input '<EOF>'.*"), "the expression ends too early"),
    (re.compile(r"Syntax error: (?:mismatched|extraneous) input '(.+?)' expecting.*"), r"unexpected \1"),
    (re.compile(r"Syntax error: no viable alternative at input '(.+)'"), r"unexpected \1"),
    (re.compile(r"Syntax error: token recognition error at: '(.*?)'?$"), r"unexpected \1"),
    (re.compile(r"Syntax error: missing '(.+?)' at '<EOF>'"), r"\1 is missing at the end"),
    (re.compile(r"Syntax error: missing '(.+?)' at '(.+)'"), r"\1 is missing before \2"),
    (re.compile(r".*(?:limit: 32|depth of 32).*"), "the expression is nested too deeply; 32 levels are the most"),
    (re.compile(r".*maximum recursion depth.*"), "the value is nested too deeply"),
    (re.compile(r"expression of type '(.+)' cannot be the operand of a select operation"), r"a \1 has no fields"),
    (re.compile(r"Key not found in map : (.+)"), r"there is no \1"),
    (re.compile(r'No value with name "(.+)" found in Activation'), r"\1 has no value here"),
    (re.compile(r"Index error: index=(-?\d+) size=(\d+)"), r"there is no item \1 in a list of \2"),
    (re.compile(r"Unexpected value type for '(.+)': (\w+)\. \(Expected (.+)\)"), r"\1 should be \3, not \2"),
    (re.compile(r"Integer value '.+' out of range for '(.+)'\."), r"\1 is not a number of at most 64 bits"),
    (re.compile(r"Non-CEL value type for '(.+)': (\w+)\."), r"\1 may not be a \2"),
)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake in an expression; line and column count from 1."""

    message: str
    line: int
    column: int
    suggestion: str | None = None


def diagnose(report: str, text: str, names: Iterable[str], container: str = "") -> tuple[Diagnostic, ...]:
    """Return each mistake of a compiler's report."""
    known = [*names]
    report = report.replace(f" (in container '{container}')", "").replace(" [INVALID_ARGUMENT]", "")
    positions = _POSITION.findall(report)
    found = [_diagnostic(message, text, int(line), int(column), known) for line, column, message in positions]
    # An expression may fail before it has positions, when it is nested too deeply for instance.
    return tuple(found) or (Diagnostic(plain_error(report.splitlines()[0]), 1, 1),)


def plain_error(text: str) -> str:
    """Return a message of the evaluator in plain words."""
    message = _STATUS.sub("", text)
    overload = _OVERLOAD.search(message)
    if overload:
        operands = overload[2].replace("int64", "int")
        said = f"{_operator(overload[1])} does not work with ({operands})"
        for pattern, words in _CHOICE:
            said = pattern.sub(words, said)
        return said
    for pattern, words in _REWORDED:
        if pattern.search(message):
            return pattern.sub(words, message).rstrip()
    return message


def _diagnostic(message: str, text: str, line: int, column: int, names: list[str]) -> Diagnostic:
    undeclared = _UNDECLARED.search(message)
    if undeclared is None:
        return Diagnostic(plain_error(message), line, column)
    name = undeclared[1]
    source = text.split("\n")[line - 1]
    # The compiler points at the last dot of a dotted name and at the bracket of a call.
    start = source.rfind(name, 0, column + len(name)) + 1 or column
    called = source[start - 1 + len(name) :].lstrip().startswith("(")
    if called and name in FUNCTIONS:
        return Diagnostic(f"{name} takes other arguments", line, start)
    close = difflib.get_close_matches(name, FUNCTIONS if called else names, n=1, cutoff=0.6)
    return Diagnostic(f"unknown {'function' if called else 'name'} {name}", line, start, close[0] if close else None)


def _operator(name: str) -> str:
    if name == "@in":
        return "in"
    if name == "_?_:_":
        return "?:"
    return name if name.isidentifier() else name.strip("_")
