"""Let CEL compare and calculate across int and double, as people who write `amount > 100` expect.

The language keeps the two apart: `amount > 100` is a type error for a double, and 3 * 1.5 has no value when the 3 came
out of JSON. The operators below are declared anew with the standard's own signatures plus the mixed ones. Everything
else stays strictly typed: a number and a text still don't compare.

Where only types are checked (`CHECKING`), more is taken for sound: whatever works once the values are there.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

_MIXED = ("int,double", "double,int")
_SAME = ("int", "uint", "double")
_TIME = "timestamp"
_SPAN = "duration"
_ORDERED = ("bool", *_SAME, "string", "bytes", _TIME, _SPAN)
_COMPARISONS = [(f"{kind},{kind}", "bool") for kind in _ORDERED] + [(mixed, "bool") for mixed in _MIXED]
_EQUALITY = [(mixed, "bool") for mixed in _MIXED] + [("~A,~A", "bool")]
_ARITHMETIC = [(f"{kind},{kind}", kind) for kind in _SAME] + [(mixed, "double") for mixed in _MIXED]
_MEMBERSHIP = [
    ("int,list<double>", "bool"),
    ("double,list<int>", "bool"),
    ("~A,list<~A>", "bool"),
    ("~A,map<~A;~B>", "bool"),
]
_SIGNATURES: dict[str, list[tuple[str, str]]] = {
    **dict.fromkeys(("_<_", "_<=_", "_>_", "_>=_"), _COMPARISONS),
    **dict.fromkeys(("_==_", "_!=_"), _EQUALITY),
    "@in": _MEMBERSHIP,
    "_*_": _ARITHMETIC,
    "_/_": _ARITHMETIC,
    "_-_": [*_ARITHMETIC, (f"{_TIME},{_SPAN}", _TIME), (f"{_TIME},{_TIME}", _SPAN), (f"{_SPAN},{_SPAN}", _SPAN)],
    "_+_": [
        *_ARITHMETIC,
        ("string,string", "string"),
        ("bytes,bytes", "bytes"),
        ("list<~A>,list<~A>", "list<~A>"),
        (f"{_TIME},{_SPAN}", _TIME),
        (f"{_SPAN},{_TIME}", _TIME),
        (f"{_SPAN},{_SPAN}", _SPAN),
    ],
}
_CALCULATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "_+_": operator.add,
    "_-_": operator.sub,
    "_*_": operator.mul,
    "_/_": operator.truediv,
}


def _type(text: str) -> dict[str, Any]:
    """Return a type as the configuration spells it: `~A` is a parameter, `list<~A>` takes one."""
    name, _, inner = text.removesuffix(">").partition("<")
    return {
        "type_name": name.removeprefix("~"),
        "is_type_param": name.startswith("~"),
        "params": [_type(part) for part in inner.split(";") if part],
    }


def _function(name: str, table: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "name": name,
        "overloads": [
            {"id": f"{name}({takes})", "args": [_type(kind) for kind in takes.split(",")], "return": _type(gives)}
            for takes, gives in table
        ],
    }


def _configuration(signatures: Mapping[str, list[tuple[str, str]]]) -> dict[str, Any]:
    """Return an environment in which these functions are declared anew, each by what it takes and gives."""
    return {
        "name": "coordination",
        "stdlib": {"exclude_functions": [{"name": name} for name in signatures]},
        "functions": [_function(name, table) for name, table in signatures.items()],
    }


CONFIGURATION = _configuration(_SIGNATURES)
_WITH_NULL = [("~A,null", "bool"), ("null,~A", "bool")]
CHECKING = _configuration(
    {
        **_SIGNATURES,
        "_==_": [*_EQUALITY, *_WITH_NULL],
        "_!=_": [*_EQUALITY, *_WITH_NULL],
        "_?_:_": [("bool,~A,~B", "dyn")],
        "_+_": [*(one for one in _SIGNATURES["_+_"] if "list<" not in one[0]), ("list<~A>,list<~B>", "list<dyn>")],
    }
)
# Comparisons across number types exist in the runtime already; only the mixed calculations need a body.
IMPLEMENTATIONS = {f"{name}({takes})": calculate for name, calculate in _CALCULATIONS.items() for takes in _MIXED}
