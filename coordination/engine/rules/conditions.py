"""A rule's condition as rows, `field op value` joined by all or any, and those rows as CEL and back.

Whatever else CEL can say stays free text: `conditions_in` then returns None, and nothing is lost.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from coordination.engine.rules.operators import COMPARISONS, METHODS, Operator
from coordination.engine.rules.tokens import Token, Unreadable, quoted, tokens_of

Join = Literal["all", "any"]
JOINTS: Final[Mapping[Join, str]] = {"all": "&&", "any": "||"}
PARAMS: Final = "params."


@dataclass(frozen=True, slots=True)
class Name:
    """A value that is looked up when the rule is asked: a parameter, or another fact."""

    name: str


Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | Name | tuple[Scalar, ...]


# Before these a `!` needs no brackets.
_TIGHT: Final = frozenset({Operator.HOLDS, Operator.KNOWN, Operator.CONTAINS})
_OPERATOR_OF: Final = {sign: operator for operator, sign in COMPARISONS.items()}
_METHOD_OF: Final = {name: operator for operator, name in METHODS.items()}
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_NEGATED: Final = {
    Operator.HOLDS: Operator.FAILS,
    Operator.KNOWN: Operator.UNKNOWN,
    Operator.ONE_OF: Operator.NONE_OF,
    Operator.INCLUDES: Operator.LACKS,
    Operator.CONTAINS: Operator.OMITS,
}
_POSITIVE: Final = {negative: positive for positive, negative in _NEGATED.items()}


@dataclass(frozen=True, slots=True)
class Condition:
    """One row."""

    field: str
    operator: Operator
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """The rows of a rule; none at all hold always."""

    items: tuple[Condition, ...] = ()
    join: Join = "all"


def written(conditions: Conditions) -> str:
    """Return the rows as CEL, one a line."""
    return f" {JOINTS[conditions.join]}\n".join(_written(one) for one in conditions.items) or "true"


def conditions_in(text: str) -> Conditions | None:
    """Return the rows that a CEL text says, or None when rows cannot say it."""
    try:
        reader = _Reader(tokens_of(text))
        found = reader.conditions()
        reader.end()
    except Unreadable:
        return None
    return found


def _written(one: Condition) -> str:
    operator, field = one.operator, one.field
    if operator in _POSITIVE:
        positive = _POSITIVE[operator]
        said = _written(Condition(field, positive, one.value))
        return f"!{said}" if positive in _TIGHT else f"!({said})"
    if operator == Operator.HOLDS:
        return field
    if operator == Operator.KNOWN:
        return f"has({field})"
    if operator == Operator.ONE_OF:
        return f"{field} in {_literal(one.value)}"
    if operator == Operator.INCLUDES:
        return f"{_literal(one.value)} in {field}"
    if operator in METHODS:
        return f"{field}.{METHODS[operator]}({_literal(one.value)})"
    return f"{field} {COMPARISONS[operator]} {_literal(one.value)}"


def _literal(value: Value | None) -> str:
    match value:
        case Name():
            return value.name
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case tuple():
            return f"[{', '.join(_literal(item) for item in value)}]"
    return repr(value)


class _Reader:
    """Reads tokens from left to right; raises Unreadable at whatever rows cannot say."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._tokens = [*tokens]
        self._at = 0

    def conditions(self) -> Conditions:
        if [token.text for token in self._tokens] == ["true"]:
            self._at = 1
            return Conditions()
        items, signs = [self._condition()], set()
        while (sign := self._peek()) in JOINTS.values():
            self._at += 1
            signs.add(sign)
            items.append(self._condition())
        if len(signs) > 1:
            raise Unreadable
        return Conditions(tuple(items), "any" if signs == {"||"} else "all")

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise Unreadable

    def _condition(self) -> Condition:
        if self._take("!"):
            found = self._condition_inside() if self._peek() == "(" else self._bare()
            if found.operator not in _NEGATED:
                raise Unreadable
            return Condition(found.field, _NEGATED[found.operator], found.value)
        if self._peek() == "(":
            return self._condition_inside()
        return self._has() if self._is_has() else self._compared()

    def _condition_inside(self) -> Condition:
        self._expect("(")
        found = self._condition()
        self._expect(")")
        return found

    def _bare(self) -> Condition:
        """Read what a `!` without brackets may stand before: a name, has(name) or a call."""
        if self._is_has():
            return self._has()
        name = self._field(self._value())
        return self._called(name) if self._peek() == "(" else Condition(name, Operator.HOLDS)

    def _is_has(self) -> bool:
        return [token.text for token in self._tokens[self._at : self._at + 2]] == ["has", "("]

    def _has(self) -> Condition:
        self._at += 2
        field = self._field(self._value())
        self._expect(")")
        if "." not in field:
            raise Unreadable
        return Condition(field, Operator.KNOWN)

    def _compared(self) -> Condition:
        left = self._value()
        sign = self._peek()
        if sign == "(":
            return self._called(self._field(left))
        if sign == "in":
            self._at += 1
            return self._membership(left, self._value())
        if sign not in _OPERATOR_OF:
            return Condition(self._field(left), Operator.HOLDS)
        self._at += 1
        right = self._value()
        if _belongs_right(left, right):
            left, right, sign = right, left, _TURNED[sign]
        if isinstance(right, tuple):
            raise Unreadable
        return Condition(self._field(left), _OPERATOR_OF[sign], right)

    def _called(self, path: str) -> Condition:
        field, _, method = path.rpartition(".")
        self._expect("(")
        value = self._value()
        self._expect(")")
        if method not in _METHOD_OF or not field or isinstance(value, tuple):
            raise Unreadable
        return Condition(field, _METHOD_OF[method], value)

    def _membership(self, left: Value, right: Value) -> Condition:
        if isinstance(right, tuple):
            return Condition(self._field(left), Operator.ONE_OF, right)
        container = self._field(right)
        if isinstance(left, Name) and not left.name.startswith(PARAMS) and container.startswith(PARAMS):
            return Condition(left.name, Operator.ONE_OF, right)
        if isinstance(left, tuple):
            raise Unreadable
        return Condition(container, Operator.INCLUDES, left)

    def _field(self, value: Value) -> str:
        if not isinstance(value, Name):
            raise Unreadable
        return value.name

    def _value(self) -> Value:
        if not self._take("["):
            return self._scalar()
        items: list[Scalar] = []
        while not self._take("]"):
            if items:
                self._expect(",")
            item = self._scalar()
            if isinstance(item, Name):
                raise Unreadable
            items.append(item)
        return tuple(items)

    def _scalar(self) -> Scalar | Name:
        if self._at >= len(self._tokens):
            raise Unreadable
        token = self._tokens[self._at]
        self._at += 1
        match token.kind:
            case "name":
                return Name(token.text)
            case "value":
                return token.value
        raise Unreadable

    def _peek(self) -> str:
        """Return the next sign or word of the language; a value is never mistaken for one."""
        if self._at >= len(self._tokens) or self._tokens[self._at].kind == "value":
            return ""
        return self._tokens[self._at].text

    def _take(self, sign: str) -> bool:
        if self._peek() != sign:
            return False
        self._at += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise Unreadable


def _belongs_right(left: Value, right: Value) -> bool:
    """Tell whether a comparison is written the other way round: `100 < action.amount`."""
    if not isinstance(right, Name):
        return False
    if not isinstance(left, Name):
        return True
    return left.name.startswith(PARAMS) and not right.name.startswith(PARAMS)
