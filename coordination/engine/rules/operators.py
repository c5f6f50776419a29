"""What a row of a condition can ask of its fact: how a sentence says it, and how CEL does."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Operator(StrEnum):
    """What a row asks of its field; the value is how a sentence says it."""

    IS = "is"
    IS_NOT = "is not"
    BELOW = "is below"
    AT_MOST = "is at most"
    ABOVE = "is above"
    AT_LEAST = "is at least"
    ONE_OF = "is one of"
    NONE_OF = "is none of"
    INCLUDES = "includes"
    LACKS = "does not include"
    CONTAINS = "contains"
    OMITS = "does not contain"
    STARTS = "starts with"
    ENDS = "ends with"
    MATCHES = "matches"
    HOLDS = "holds"
    FAILS = "does not hold"
    KNOWN = "is known"
    UNKNOWN = "is not known"


COMPARISONS: Final[Mapping[Operator, str]] = {
    Operator.IS: "==",
    Operator.IS_NOT: "!=",
    Operator.BELOW: "<",
    Operator.AT_MOST: "<=",
    Operator.ABOVE: ">",
    Operator.AT_LEAST: ">=",
}
METHODS: Final[Mapping[Operator, str]] = {
    Operator.CONTAINS: "contains",
    Operator.STARTS: "startsWith",
    Operator.ENDS: "endsWith",
    Operator.MATCHES: "matches",
}
OF_LISTS: Final = frozenset({Operator.ONE_OF, Operator.NONE_OF})
WITHOUT_VALUE: Final = frozenset({Operator.HOLDS, Operator.FAILS, Operator.KNOWN, Operator.UNKNOWN})
_ORDERED: Final = (*COMPARISONS, Operator.ONE_OF, Operator.NONE_OF)
_TEXTS: Final = (
    Operator.IS,
    Operator.IS_NOT,
    Operator.ONE_OF,
    Operator.NONE_OF,
    Operator.CONTAINS,
    Operator.OMITS,
    Operator.STARTS,
    Operator.ENDS,
    Operator.MATCHES,
)
_CONTAINERS: Final = (Operator.INCLUDES, Operator.LACKS)
# Which operators make sense for a fact of a type; of what lies in a map the type is known only when it is there.
OPERATORS: Final[Mapping[str, tuple[Operator, ...]]] = {
    "string": _TEXTS,
    "int": _ORDERED,
    "double": _ORDERED,
    "bool": (Operator.HOLDS, Operator.FAILS),
    "list(string)": _CONTAINERS,
    "map": _CONTAINERS,
    "dyn": tuple(Operator),
}
