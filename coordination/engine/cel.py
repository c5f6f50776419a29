"""Google's CEL behind small protocols: compile with types and positions, evaluate within a budget.

Values go in as JSON has them (and aware datetimes for timestamps); a Decimal, a UUID, a set, a tuple or a number beyond
64 bits is an EvaluationError. Values come out as JSON has them too: timestamps and durations as text.

A program looks a variable up only when it needs it, so preparing an activation costs microseconds whatever the size
of the values: 7 µs for 30 variables; 20 programs that share one take 33 µs instead of 134 µs (measured, two cores).
"""

import base64
import datetime
import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

from cel_expr_python import cel

from coordination.engine.cel_diagnostics import Diagnostic, diagnose, plain_error
from coordination.engine.cel_numbers import CHECKING, CONFIGURATION, IMPLEMENTATIONS

__all__ = [
    "ENGINE",
    "TYPES",
    "Activation",
    "Diagnostic",
    "Environment",
    "EvaluationError",
    "ExpressionError",
    "Program",
    "checking",
    "environment",
]

MAX_LENGTH = 4_000
ENGINE = "cel-expr-python 0.1.3"
TYPES: Mapping[str, cel.Type] = {
    "string": cel.Type.STRING,
    "int": cel.Type.INT,
    "double": cel.Type.DOUBLE,
    "bool": cel.Type.BOOL,
    "timestamp": cel.Type.TIMESTAMP,
    "duration": cel.Type.DURATION,
    "dyn": cel.Type.DYN,
    "map": cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
    "list(string)": cel.Type.List(cel.Type.STRING),
    "list(double)": cel.Type.List(cel.Type.DOUBLE),
    "list(int)": cel.Type.List(cel.Type.INT),
    "list(bool)": cel.Type.List(cel.Type.BOOL),
    "list(map)": cel.Type.List(cel.Type.Map(cel.Type.STRING, cel.Type.DYN)),
    "list(dyn)": cel.Type.List(cel.Type.DYN),
}
Activation: TypeAlias = cel.Activation
_FAILURES = (RuntimeError, TypeError, ValueError, OverflowError, RecursionError)
_BASE = cel.NewEnvConfigFromYaml(json.dumps(CONFIGURATION))
_CHECKING = cel.NewEnvConfigFromYaml(json.dumps(CHECKING))


class ExpressionError(Exception):
    """The expression does not compile."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__("; ".join(f"line {d.line}, column {d.column}: {d.message}" for d in diagnostics))


class EvaluationError(Exception):
    """The expression compiled, but has no value for these inputs."""


class Program(Protocol):
    """A compiled expression."""

    text: str
    type_name: str

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Return the plain value; raises EvaluationError."""

    def evaluate_in(self, activation: Activation) -> Any:
        """Return the plain value over values that several programs share; raises EvaluationError."""


class Environment(Protocol):
    """The variables that expressions may name."""

    variables: Mapping[str, str]

    def compile(self, text: str, *, returns: str | None = None) -> Program:
        """Return a program; raises ExpressionError with every mistake found.

        A program whose type is only known when it runs (`dyn`) compiles, and is an EvaluationError when it then gives
        something else than `returns`.
        """

    def activation(self, values: Mapping[str, Any]) -> Activation:
        """Prepare values once for many programs; their environments may be narrower than this one."""


@lru_cache(maxsize=512)
def _environment(variables: tuple[tuple[str, str], ...], container: str) -> "_CelEnvironment":
    return _CelEnvironment(dict(variables), container)


def environment(variables: Mapping[str, str], *, container: str = "") -> Environment:
    """Return the environment that declares `variables` (dotted name → type name).

    Inside a `container` the variable `container.x` goes by the name `x`, so that many programs can each have their own
    `x` and still share one activation.
    """
    return _environment(tuple(sorted(variables.items())), container)


def checking(variables: Mapping[str, str]) -> Environment:
    """Return an environment that only finds mistakes about types: what it compiles is not for evaluating.

    It takes what works on values that come with their types, although texts that are written out may not do it: a
    choice between a text and a number, a comparison with null, lists of different things put together.
    """
    return _CelEnvironment(variables, "", _CHECKING)


class _CelEnvironment:
    def __init__(self, variables: Mapping[str, str], container: str, config: cel.EnvConfig = _BASE) -> None:
        self.variables = variables
        self._container = container
        self._env = cel.NewEnv(
            config=config,
            variables={name: TYPES[kind] for name, kind in variables.items()},
            container=container or None,
            function_impls=IMPLEMENTATIONS,
        )
        # Until it has compiled something, activations of an environment hold no timestamps for programs of another.
        self._env.compile("true")
        self._compiled = lru_cache(maxsize=4096)(self._compile)

    def compile(self, text: str, *, returns: str | None = None) -> Program:
        return self._compiled(text, returns)

    def activation(self, values: Mapping[str, Any]) -> Activation:
        return self._env.Activation(values)

    def _compile(self, text: str, returns: str | None) -> "_CelProgram":
        if len(text) > MAX_LENGTH:
            raise _refused(f"an expression may have at most {MAX_LENGTH} characters")
        if not text.strip():
            raise _refused("there is no expression")
        try:
            expression = self._env.compile(text)
        except _FAILURES as error:
            names = [name.removeprefix(f"{self._container}.") for name in self.variables]
            raise ExpressionError(diagnose(str(error), text, names, self._container)) from None
        type_name = expression.return_type().name().lower()
        if returns and type_name not in {returns, "dyn"}:
            raise _refused(f"gives {type_name}, but {returns} is needed here")
        return _CelProgram(text, type_name, returns, self._env, expression)


def _refused(message: str) -> ExpressionError:
    return ExpressionError((Diagnostic(message, 1, 1),))


class _CelProgram:
    def __init__(
        self, text: str, type_name: str, returns: str | None, env: cel.Env, expression: cel.Expression
    ) -> None:
        self.text = text
        self.type_name = type_name
        self._returns = returns
        self._env = env
        self._eval = expression.eval
        self._may_be_bool = returns in {None, "bool"}

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        return self.evaluate_in(self._env.Activation(values))

    def evaluate_in(self, activation: Activation) -> Any:
        try:
            value = self._eval(activation)
            plain = value.plain_value()
            # The way of nearly all conditions, ahead of questions that cost as much as the answer.
            if (plain is True or plain is False) and self._may_be_bool:
                return plain
            return self._value(value.type(), plain)
        except _FAILURES as error:
            raise EvaluationError(f"{self.text}: {plain_error(str(error))}") from None

    def _value(self, kind: cel.Type, plain: Any) -> Any:
        if kind == cel.Type.ERROR:
            raise EvaluationError(f"{self.text}: {plain_error(str(plain))}")
        if self._returns and self.type_name == "dyn" and kind.name().lower() != self._returns:
            raise EvaluationError(f"{self.text}: gives {kind.name().lower()}, but {self._returns} is needed here")
        return self._as_json(plain)

    def _as_json(self, value: Any) -> Any:
        """Return the JSON mapping of a CEL value, as protocol buffers define it."""
        match value:
            case None | bool() | str() | int():
                return value
            case float() if math.isfinite(value):
                return value
            case list():
                return [self._as_json(item) for item in value]
            case dict():
                return {str(key): self._as_json(item) for key, item in value.items()}
            case datetime.datetime():
                return value.isoformat()
            case datetime.timedelta():
                return f"{value.total_seconds():g}s"
            case bytes() | bytearray():
                return base64.b64encode(value).decode()
        raise EvaluationError(f"{self.text}: gives {value!r}, which JSON cannot say")
