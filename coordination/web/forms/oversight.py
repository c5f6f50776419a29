"""The forms of what keeps people judging for themselves: its numbers, and one exercise."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from coordination.approvals.exercise import Entry
from coordination.approvals.models import Band
from coordination.approvals.terms import NEVER, Terms
from coordination.shared.errors import FieldError
from coordination.shared.json import Json, JsonObject
from coordination.web.forms.manifest import NAME_HELP, Wanted, mapping_in

_PARTS: Final = ("title", "text", "source")
_NUMBERS: Final = (
    ("exercises", "Exercises", "After which share of what is decided one is put into the queue: 0 for none, 0.01 to"
     " 0.02 is usual, at most 0.05. Everybody reads on the reviewers’ page that this is done.", "any"),
    ("second_looks", "Second looks at decisions", "Share of what one person decided, 0 to 1.", "any"),
    ("second_looks_at_allowed", "Second looks at what policy allowed", "Share of it, 0 to 1.", "any"),
    ("first_actions", "First actions of an agent", "So many with each tool are all looked at; 0 for none.", "1"),
    ("look_within_days", "Days for a second look", "After so many days it lapses.", "1"),
    ("quick_s", "Quick is under", "Seconds before an approval; 0 to ask nobody.", "any"),
    ("quick_in_a_row", "Quick in a row", "So many quick approvals at a lower risk are asked about.", "1"),
)  # fmt: skip


def terms_fields() -> list[Wanted]:
    """Return the fields of the numbers."""
    bands = [*Band.values, NEVER]
    first = Wanted(
        "own_judgement_from", "/own_judgement_from", "Own judgement first, from this risk on",
        "They see how sure the agent is, and what others said, once they have said what they think.", "choice",
        required=True, options=bands,
    )  # fmt: skip
    numbers = [
        Wanted(name, f"/{name}", title, note, "number", required=True, step=step)
        for name, title, note, step in _NUMBERS
    ]
    return [first, *numbers, Wanted("reason", "/reason", "Why", "Kept with the change.")]


def typed_of_terms(terms: Terms) -> dict[str, str]:
    """Return the numbers as they would have been typed."""
    return {name: f"{value:g}" if isinstance(value, int | float) else value for name, value in dict(terms).items()}


def terms_in(typed: Mapping[str, str]) -> JsonObject:
    """Return the numbers that a filled form says; what is not there is missing, not a default."""
    said: dict[str, Any] = {"own_judgement_from": typed.get("own_judgement_from", "")}
    return said | {name: _number(typed.get(name, "")) for name, *_ in _NUMBERS}


def exercise_fields(operations: Sequence[str], *, is_new: bool) -> list[Wanted]:
    """Return the fields of an exercise about one of these operations."""
    key = [Wanted("key", "/name", "Name", NAME_HELP, required=True)] if is_new else []
    return [
        *key,
        Wanted("title", "/title", "Question", "As the queue shows it.", required=True),
        Wanted("intent", "/intent", "What the agent wants", "In one sentence; the question if it is empty.", "lines"),
        Wanted("operation", "/operation", "Tool", "Everything that is not said here is as in the latest real question"
               " about it: the agent, the rules, who is asked.", "choice", required=True, options=operations),
        Wanted("parameters", "/parameters", "Values", "One a line, name: value; put over those of that question.",
               "code"),
        Wanted("evidence", "/evidence", "Evidence", "One a line: title | text | source.", "code"),
        Wanted("confidence", "/confidence", "How sure the agent is", "0 to 1; as in that question where it is empty.",
               "number", step="any"),
        Wanted("risk_band", "/risk_band", "Risk", "As in that question where it is empty.", "choice",
               options=Band.values),
        Wanted("lesson", "/lesson", "What is wrong with it", "Told to whoever answered it.", "lines", required=True),
    ]  # fmt: skip


def typed_of_exercise(entry: Entry) -> dict[str, str]:
    """Return an exercise as it would have been typed."""
    spec = entry.spec
    return {
        "key": entry.key,
        "title": spec.title,
        "intent": spec.intent,
        "operation": spec.operation,
        "parameters": "\n".join(f"{name}: {_as_yaml(value)}" for name, value in spec.parameters.items()),
        "evidence": "\n".join(f"{one.title} | {one.text} | {one.source}" for one in spec.evidence),
        "confidence": f"{spec.confidence:g}" if spec.confidence is not None else "",
        "risk_band": spec.risk_band,
        "lesson": spec.lesson,
    }


def exercise_in(typed: Mapping[str, str]) -> tuple[JsonObject, list[FieldError]]:
    """Return the exercise that a filled form says, and what cannot be read of it."""
    parameters, errors = mapping_in(typed.get("parameters", ""), "/parameters")
    said: dict[str, Any] = {
        name: typed.get(name, "").strip() for name in ("title", "intent", "operation", "risk_band", "lesson")
    }
    if typed.get("confidence", "").strip():
        said["confidence"] = _number(typed["confidence"])
    return said | {"parameters": parameters, "evidence": _evidence(typed.get("evidence", ""))}, errors


def _evidence(text: str) -> list[Json]:
    lines = [[part.strip() for part in line.split("|", 2)] for line in text.splitlines() if line.strip()]
    return [dict(zip(_PARTS, [*line, "", ""][:3], strict=True)) for line in lines]


def _as_yaml(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(text: str) -> float | str:
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() else value
