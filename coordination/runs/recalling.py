"""What happened before, as an agent may be told it: within a budget of tokens, without what it may not read."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from coordination.adapters.ports import Turn
from coordination.engine.flow.state import StepStatus
from coordination.memory.models import Classification, MemoryEntry
from coordination.runs.models import DataAccess, Step

MOST_STEPS = 200
LONGEST = 8_000
# English text has about four characters a token; counting exactly would need each model's own tokenizer.
CHARACTERS_A_TOKEN = 4
_ORDER = list(Classification.values)


@dataclass(frozen=True, slots=True)
class Before:
    """What steps came to, the newest first, and the highest class of what they rest on."""

    turns: list[Turn]
    classification: str


def steps_before(run_id: UUID, step_key: str, reads: Collection[str]) -> Before:
    """Return what the finished steps of a run came to, without those that rest on what may not be read."""
    done = Step.objects.filter(run_id=run_id, status=StepStatus.SUCCEEDED, output__isnull=False).exclude(key=step_key)
    # What a party to a negotiation said is for its mediator alone.
    negotiations = Step.objects.filter(run_id=run_id, kind="negotiate").values("key")
    newest = (
        done.exclude(parent__in=negotiations)
        .order_by("-finished_at", "-id")
        .only("key", "title", "agent", "output", "finished_at")
    )
    rows = list(newest[:MOST_STEPS])
    read = DataAccess.objects.filter(run_id=run_id, decision="allow", step_key__in=[row.key for row in rows])
    classes: dict[str, set[str]] = {}
    for key, said in read.values_list("step_key", "classification"):
        # One search reads several classes, told as one line.
        classes.setdefault(key, set()).update(said.split(", "))
    known = {key: found & {*_ORDER} for key, found in classes.items()}
    given = [row for row in rows if known.get(row.key, set()) <= {*reads}]
    resting_on = highest(one for row in given for one in known.get(row.key, ()))
    return Before([_turn(row) for row in given], resting_on)


def turn_of(entry: MemoryEntry) -> Turn:
    """Return a turn of a conversation."""
    said = entry.value if isinstance(entry.value, dict) else {}
    author, text = str(said.get("author", entry.writer)), str(said.get("text", ""))
    return Turn(author, text[:LONGEST], entry.updated_at.isoformat(), entry.taint)


def spent_to(tokens: int, turns: Iterable[Turn]) -> list[Turn]:
    """Return the first turns that fit into a budget: none is cut in the middle."""
    left, kept = tokens * CHARACTERS_A_TOKEN, []
    for turn in turns:
        left -= len(turn.author) + len(turn.text) + CHARACTERS_A_TOKEN
        if left < 0:
            break
        kept.append(turn)
    return kept


def highest(classes: Iterable[str]) -> str:
    """Return the class that the fewest may read; public where there is none."""
    return max((one for one in classes if one in _ORDER), key=_ORDER.index, default=_ORDER[0])


def _turn(row: Step) -> Turn:
    text = json.dumps(row.output, ensure_ascii=False)
    who = f"{row.agent}, {row.title or row.key}" if row.agent else row.title or row.key
    return Turn(who, text[:LONGEST], row.finished_at.isoformat() if row.finished_at else "")
