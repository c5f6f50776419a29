"""Who worked when: one lane per agent, long waits cut short."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coordination.engine.draw.timeline import Axis, axis
from coordination.engine.flow.state import StepStatus
from coordination.runs.models import Step
from coordination.web import words

# A bar narrower than this could not be seen, in percent of the lane.
THINNEST = 0.8
HALF = 50
LONGEST_SAID_PX = 190
_TONES = {"succeeded": "ok", "unused": "idle"}
# In a lane with more bars than this there is no room for words; hovering tells.
MOST_SPEAKING = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt: where it lies in its lane, in percent, and how it went."""

    left: float
    width: float
    tone: str
    described: str
    said: str

    @property
    def is_late(self) -> bool:
        """Tell whether words about the bar have more room before it than behind."""
        return self.left + self.width > HALF

    @property
    def said_at(self) -> float:
        """Return where words about the bar stand."""
        return self.left if self.is_late else self.left + self.width


@dataclass(frozen=True, slots=True)
class Lane:
    """Everything one agent did."""

    agent: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A long wait that the picture leaves out."""

    left: float
    width: float
    said: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lanes over one axis; empty before anyone worked."""

    lanes: tuple[Lane, ...]
    cuts: tuple[Cut, ...]
    worked: str

    @classmethod
    def of(
        cls, steps: Sequence[Step], now: datetime, name: Callable[[Step], str] = lambda step: step.title or step.key
    ) -> "Timeline":
        """Draw the attempts of all steps; who is no agent is drawn under the step's name."""
        attempts = [attempt for step in steps for attempt in _attempts(step, now, name(step))]
        spans = [(attempt.start_s, attempt.end_s) for attempt in attempts]
        line = axis(spans)
        lanes: dict[str, list[_Attempt]] = {}
        for attempt in sorted(attempts, key=lambda a: a.start_s):
            lanes.setdefault(attempt.agent, []).append(attempt)
        return cls(
            tuple(_lane(agent, tried, line) for agent, tried in lanes.items()),
            tuple(
                Cut(_percent(cut.left), _percent(cut.right - cut.left), words.duration(cut.end_s - cut.start_s))
                for cut in line.cuts
            ),
            words.duration(sum(p.end_s - p.start_s for p in line.pieces if not p.is_cut)),
        )


@dataclass(frozen=True, slots=True)
class _Attempt:
    agent: str
    step: str
    start_s: float
    end_s: float
    tone: str
    said: str


def _attempts(step: Step, now: datetime, title: str) -> list[_Attempt]:
    found = [_ended(attempt, title) for attempt in step.attempts if attempt["started_at"]]
    if step.status == StepStatus.RUNNING and step.started_at:
        start_s = step.started_at.timestamp()
        found.append(_Attempt(step.agent or title, title, start_s, now.timestamp(), "run", "working"))
    return found


def _ended(attempt: dict[str, Any], title: str) -> _Attempt:
    tone = _TONES.get(attempt["status"], "bad")
    return _Attempt(
        agent=attempt["agent"] or title,
        step=title,
        start_s=datetime.fromisoformat(attempt["started_at"]).timestamp(),
        end_s=datetime.fromisoformat(attempt["finished_at"]).timestamp(),
        tone=tone,
        said="done" if tone == "ok" else attempt["error"]["message"],
    )


def _lane(agent: str, attempts: list[_Attempt], line: Axis) -> Lane:
    bars, speaks = [], len(attempts) <= MOST_SPEAKING
    for attempt in attempts:
        left, right = _percent(line.place(attempt.start_s)), _percent(line.place(attempt.end_s))
        width = max(right - left, THINNEST)
        took = words.duration(attempt.end_s - attempt.start_s)
        described = f"{attempt.step}: {attempt.said}, {took}"
        said = words.fit(attempt.said, LONGEST_SAID_PX, 12) if attempt.tone == "bad" and speaks else ""
        bars.append(Bar(min(left, 100 - width), width, attempt.tone, described, said))
    return Lane(agent, tuple(bars))


def _percent(share: float) -> float:
    return round(share * 100, 2)
