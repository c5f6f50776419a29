"""How many messages went where: counted in the transaction that keeps them, so that limits hold across processes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from coordination.messaging.letters import EVERYONE, Letter
from coordination.shared.pipeline import execute

MOST_IN_RUN: Final = 20_000
MOST_ON_EDGE_A_MINUTE: Final = 600

_Name = tuple[UUID, str, str]

_LOCK = """
    SELECT edge.run_id, edge.sender, edge.address, edge.n_messages, edge.minute, edge.n_in_minute
    FROM messaging_edge AS edge
    JOIN unnest(%s::uuid[], %s::text[], %s::text[]) AS wanted (run_id, sender, address) USING (run_id, sender, address)
    ORDER BY edge.id FOR UPDATE OF edge
"""
_COUNT = """
    INSERT INTO messaging_edge AS edge (organization_id, run_id, sender, address, n_messages, minute, n_in_minute)
    SELECT %s, run_id, sender, address, n, %s, n
    FROM jsonb_to_recordset(%s::jsonb) AS new (run_id uuid, sender text, address text, n int)
    ORDER BY run_id, sender, address
    ON CONFLICT (run_id, sender, address) DO UPDATE SET
        n_messages = edge.n_messages + EXCLUDED.n_messages,
        n_in_minute = EXCLUDED.n_in_minute + CASE WHEN edge.minute = EXCLUDED.minute THEN edge.n_in_minute ELSE 0 END,
        minute = EXCLUDED.minute
"""


@dataclass(slots=True)
class Counts:
    """What the edges of some letters have counted, locked until the transaction ends; and what is added to it."""

    organization_id: UUID
    letters: Sequence[Letter]
    moment: datetime
    # What was not taken, and why: once for each edge.
    refused: list[tuple[Letter, str]] = field(default_factory=list)
    _all: Counter[_Name] = field(default_factory=Counter)
    _in_minute: Counter[_Name] = field(default_factory=Counter)
    _added: Counter[_Name] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        names = sorted({name for one in self.letters for name in (one.edge, _whole(one))})
        if not names:
            return
        with execute(_LOCK, [list(each) for each in zip(*names, strict=True)]) as found:
            for *name, n_messages, minute, n_in_minute in found.fetchall():
                edge: Any = tuple(name)
                self._all[edge] = n_messages
                self._in_minute[edge] = n_in_minute if minute == self._minute else 0

    @property
    def _minute(self) -> datetime:
        return self.moment.replace(second=0, microsecond=0)

    def refusal(self, letter: Letter) -> str:
        """Return why the letter is not taken, "" if it is."""
        edge, whole = letter.edge, _whole(letter)
        why = ""
        if self._all[whole] + self._added[whole] >= MOST_IN_RUN:
            why = f"The agents of this run have sent {MOST_IN_RUN:,} messages, which is as many as a run takes."
        elif self._in_minute[edge] + self._added[edge] >= MOST_ON_EDGE_A_MINUTE:
            to = "all" if letter.address == EVERYONE else letter.address
            why = f"{letter.sender} has sent {MOST_ON_EDGE_A_MINUTE} messages to {to} in this minute: wait a little."
        if why and all(one.edge != edge for one, _ in self.refused):
            self.refused.append((letter, why))
        return why

    def count(self, letter: Letter) -> None:
        """Count a letter that is kept."""
        self._added.update((letter.edge, _whole(letter)))

    def save(self) -> None:
        """Write what was added."""
        rows = [{"run_id": run_id, "sender": by, "address": to, "n": n} for (run_id, by, to), n in self._added.items()]
        if rows:
            execute(_COUNT, [self.organization_id, self._minute, orjson.dumps(rows).decode()]).close()


def _whole(letter: Letter) -> _Name:
    """Return the name of what counts all messages of the letter's run."""
    return letter.run_id, "", ""
