"""Refuse what an agent or tool must not give back, before it reaches the database."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coordination.adapters.ports import AgentFailed, Proposal, Result, Source, Usage
from coordination.engine.keepable import LARGEST_BYTES, holds_nul
from coordination.engine.manifest import problems
from coordination.shared.json import Json

MAX_INTEGER = 2**53 - 1


class _Model(BaseModel):
    # Unknown fields are ignored, so that a service may say more than we read.
    model_config = ConfigDict(extra="ignore", strict=True)


class _Usage(_Model):
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cost_microusd: int = Field(default=0, ge=0)


class _Proposal(_Model):
    tool: str = Field(min_length=1)
    args: dict[str, Any] = {}
    reason: str = ""


class _Source(_Model):
    title: str
    reference: str
    text: str = ""
    score: float | None = None


class Answer(_Model):
    """The JSON that an agent's answer is made of."""

    output: dict[str, Any]
    confidence: float | None = Field(default=None, ge=0, le=1)
    rationale: str = ""
    usage: _Usage = _Usage()
    actions: list[_Proposal] = []
    sources: list[_Source] = []


def checked_result(result: object) -> Result:
    """Return the result as plain JSON values; raises AgentFailed for anything that is not a sound Result."""
    if not isinstance(result, Result):
        raise AgentFailed("bad-result", f"The agent returned {_kind(result)}, not a Result.")
    try:
        said = asdict(result)
    except (TypeError, RecursionError):
        raise AgentFailed("bad-result", "The agent's result does not hold what a Result must hold.") from None
    return result_of(plain(said, "The agent's result"))


def result_of(said: Json) -> Result:
    """Return the result that a JSON answer describes; raises AgentFailed with the path to what is wrong."""
    try:
        answer = Answer.model_validate(said)
    except ValidationError as error:
        first = problems(error, Answer)[0]
        raise AgentFailed(
            "bad-result", f"The answer is not valid at {first.pointer or '/'}: {first.message}."
        ) from None
    return Result(
        output=answer.output,
        confidence=answer.confidence,
        rationale=answer.rationale,
        usage=Usage(**answer.usage.model_dump()),
        actions=tuple(Proposal(**item.model_dump()) for item in answer.actions),
        sources=tuple(Source(**item.model_dump()) for item in answer.sources),
    )


def checked_output(output: object) -> dict[str, Json]:
    """Return what a tool gave back as plain JSON values; raises AgentFailed unless it is a JSON object."""
    if not isinstance(output, Mapping):
        raise AgentFailed("bad-result", f"The tool returned {_kind(output)}, not a JSON object.")
    said = plain(dict(output), "The tool's result")
    assert isinstance(said, dict)  # noqa: S101  (a dict survives the round trip as a dict)
    return said


def plain(value: object, what: str) -> Json:
    """Return the value after a round trip through JSON; raises AgentFailed if it has none or is too large."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False, default=_number).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise AgentFailed("bad-result", f"{what} is not JSON: {str(error)[:200]}.") from None
    if len(text) > LARGEST_BYTES:
        raise AgentFailed("too-large", f"{what} has {len(text):,} bytes; {LARGEST_BYTES:,} are allowed.")
    if holds_nul(text):
        raise AgentFailed("bad-result", f"{what} holds a NUL character.")
    try:
        said: Json = json.loads(text, parse_int=_whole, parse_float=_decimal)
    except OverflowError as error:
        raise AgentFailed(
            "bad-result", f"{what} holds the number {error}, which is too large; send it as text."
        ) from None
    return said


def _whole(text: str) -> int:
    """Return an integer that every reader of JSON tells from its neighbours (RFC 7493)."""
    if abs(int(text)) > MAX_INTEGER:
        raise OverflowError(text[:40])
    return int(text)


def _decimal(text: str) -> float:
    # The database writes 1e20 as a whole number, and that is what is read back.
    if abs(float(text)) > MAX_INTEGER:
        raise OverflowError(text[:40])
    return float(text)


def _number(value: object) -> int | float:
    """Return NumPy's numbers as Python's own; agents compute with NumPy and easily let one slip through."""
    item = getattr(value, "item", None)
    number = item() if callable(item) and getattr(value, "shape", None) == () else None
    if isinstance(number, int | float) and math.isfinite(number):
        return number
    raise TypeError(f"it holds {_kind(value)}")


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a value of type {type(value).__name__}"
