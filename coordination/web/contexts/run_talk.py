"""What the agents of a run wrote to each other: who to whom, and what."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from coordination.engine.draw.ring import Ring, ring
from coordination.messaging.letters import EVERYONE
from coordination.messaging.models import Message
from coordination.runs.models import Run
from coordination.web import words
from coordination.web.contexts.parts import Pager
from coordination.web.contexts.run_names import called
from coordination.web.contexts.run_place import Place

_LONGEST = 600
_SEATS = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One message as it is told."""

    message: Message
    to: str
    said: str
    step: str
    step_link: str
    given: str


@dataclass(frozen=True, slots=True)
class TalkPage:
    """The conversation of a run."""

    run: Run
    count: str
    ring: Ring
    pairs: Sequence[tuple[str, str, int]]
    lines: list[Line]
    pager: Pager
    here: str
    topic: str
    back: str

    @classmethod
    def of(
        cls,
        run: Run,
        n_messages: int,
        pairs: Sequence[tuple[str, str, int]],
        messages: Sequence[Message],
        pager: Pager,
        here: str,
    ) -> "TalkPage":
        """Compute the page."""
        return cls(
            run=run,
            count=words.plural(n_messages, "message"),
            ring=ring(pairs, _SEATS),
            pairs=pairs,
            lines=[_line(run, one) for one in messages],
            pager=pager,
            here=here,
            topic=f"messages-{run.pk}",
            back=Place(run.pk).on_tab("messages"),
        )


def talk_link(run: Run) -> str:
    """Return the address of the page."""
    return reverse("run-talk", args=[run.pk])


def _line(run: Run, message: Message) -> Line:
    content = message.content
    said = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    # How many agents were given it: annotated by the selector.
    n_given: int = message.n_given  # type: ignore[attr-defined]
    return Line(
        message=message,
        to="everyone" if message.address == EVERYONE else message.address.replace(":", " ", 1).removeprefix("agent "),
        said=said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…",
        step=called(run, message.step_key) if message.step_key else "",
        step_link=Place(run.pk).on_step(message.step_key) if message.step_key else "",
        given=f"given to {words.plural(n_given, 'agent')}" if n_given else "not given to anybody yet",
    )
