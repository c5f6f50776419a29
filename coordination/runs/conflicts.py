"""What people see who decide where agents did not agree: each case with what speaks for it, side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from coordination.engine.flow import machine
from coordination.engine.flow.graph import Plan, child_key
from coordination.runs.loading import Loaded
from coordination.runs.models import Step

# What such a question is about; it has no tool.
CONFLICT: Final = "conflict"
_MOST_CASES: Final = 20


@dataclass(frozen=True, slots=True)
class Voice:
    """One agent's word for a case."""

    agent: str
    why: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One option that is left, how much of the vote it has, and who speaks for it."""

    option: str
    share: float | None
    voices: tuple[Voice, ...]


def about_conflict(loaded: Loaded, row: Step) -> dict[str, Any]:
    """Return the question that a step's conflict is: what is left, why nothing settled it, and each case."""
    item = loaded.state.steps[row.key].item
    loaded.rows.fetch(child_key(row.key, index) for index in range(loaded.state.steps[row.key].opened))
    cases = cases_of(item, [one for one in loaded.rows.values() if one.parent == row.key])
    left: list[str] = item["left"]
    row.parameters = {machine.CHOICE: cases[0].option}
    name = row.title or row.key
    reason = item.get("reason") or next((rung["reason"] for rung in item["ladder"] if rung["rung"] == "vote"), "")
    return {
        "operation": CONFLICT,
        "title": f"{name}: {' or '.join(left[:3])}{'' if len(left) <= 3 else f' or {len(left) - 3} others'}?",
        "intent": f"{reason} Agents do not agree, and a person decides between their cases.".strip(),
        "reversibility": "reversible",
        "evidence": [_as_evidence(case) for case in cases[:_MOST_CASES]],
    }


def cases_of(item: dict[str, Any], rows: Sequence[Step]) -> list[Case]:
    """Return the cases that are left, the strongest first."""
    by_agent = {row.agent: row for row in rows}
    shares = item.get("shares", {})
    cases = [
        Case(option, shares.get(option), tuple(_voices(item, option, by_agent)))
        for option in sorted(item["left"], key=lambda option: -shares.get(option, 0.0))
    ]
    # Nobody spoke for the others: they are still there to be chosen, after those that have a case.
    return sorted(cases, key=lambda case: not case.voices)


def options_left(plan: Plan, loaded: Loaded, step_key: str) -> list[str]:
    """Return what a person may choose for a step that waits for it."""
    known = loaded.state.steps[step_key].item if plan.definition(step_key).council is not None else None
    return list((known or {}).get("left", ()))


def _voices(item: dict[str, Any], option: str, rows: dict[str, Step]) -> Iterator[Voice]:
    for vote in item.get("votes", ()):
        if vote["choice"] == option:
            row = rows.get(vote["agent"])
            yield Voice(vote["agent"], row.rationale if row else "", vote.get("confidence"))
    last = {move["party"]: move for move in item.get("moves", ()) if move["act"] in ("proposes", "concedes", "bids")}
    for party, move in last.items():
        if option in (move["option"], party):
            yield Voice(party, "" if move["act"] == "bids" else f"offered this in round {move['round']}")


def _as_evidence(case: Case) -> dict[str, Any]:
    said = "; ".join(f"{voice.agent}: {voice.why}" if voice.why else voice.agent for voice in case.voices)
    return {
        "title": case.option,
        "text": said or "Nobody spoke for it.",
        "source": ", ".join(voice.agent for voice in case.voices),
        "score": case.share,
    }
