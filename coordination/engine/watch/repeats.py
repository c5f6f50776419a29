"""A message that is said over and over, by one agent or by several."""

from collections import OrderedDict
from dataclasses import dataclass, field

from coordination.engine.watch.signals import Finding, Signal

_KEPT = 2_000


@dataclass(slots=True)
class Repetition:
    """Finds a message said `times` times in a run, whoever says it and whatever stands between; told once for each."""

    times: int = 3
    _said: OrderedDict[str, list[Signal]] = field(default_factory=OrderedDict)

    def see(self, signal: Signal) -> Finding | None:
        """Take note of a message."""
        words = " ".join(signal.content.split())
        if signal.kind != "message" or not words:
            return None
        before = self._said.setdefault(words, [])
        self._said.move_to_end(words)
        if len(self._said) > _KEPT:
            self._said.popitem(last=False)
        if len(before) == self.times:
            return None
        before.append(signal)
        if len(before) < self.times:
            return None
        agents = tuple(dict.fromkeys(one.agent for one in before))
        return Finding(
            detector="repetition",
            remedy="warn",
            since=before[0].number,
            at=signal.number,
            agents=agents,
            why=f"{' and '.join(agents)} said the same thing {self.times} times: “{words[:80]}”",
            figures={"times": self.times},
        )
