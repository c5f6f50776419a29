"""What people told the agents of a run, and the page on which they do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from coordination.runs.models import Run, RunMessage
from coordination.web.contexts.parts import Choice
from coordination.web.contexts.run_names import called
from coordination.web.contexts.run_place import Place
from coordination.web.contexts.status import Status

ANYONE = ""
LONGEST = 4_000
_GIVEN = Status("given", "ok", "done", "Given")
_WAITS = Status("waits", "wait", "waiting", "Waits for the next call")
_NEVER = Status("never", "idle", "close", "Never given")


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message, and what became of it."""

    message: RunMessage
    to: str
    status: Status
    given: str

    @classmethod
    def of(cls, run: Run, message: RunMessage, *, has_ended: bool) -> "MessageView":
        """Return the message as the page shows it."""
        step = called(run, message.step_key) if message.step_key else ""
        given = ""
        if message.given_at:
            given = f"{message.given_to} for {called(run, message.given_step)}"
        status = _GIVEN if message.given_at else _NEVER if has_ended else _WAITS
        return cls(
            message, message.agent or (f"whoever does {step}" if step else "whoever is called next"), status, given
        )


@dataclass(frozen=True, slots=True)
class MessagePage:
    """The page that asks what agents are to know."""

    STEP: ClassVar[str] = "step:"

    run: Run
    choices: list[Choice]
    text: str
    problem: str
    back: str

    @classmethod
    def of(
        cls, run: Run, agents: Sequence[str], step: str, typed: Mapping[str, str], problem: str = ""
    ) -> "MessagePage":
        """Compute the page; `step` is whose next call may be meant."""
        known = [(ANYONE, "Whoever is called next"), *((name, name) for name in agents)]
        if step:
            known.insert(0, (cls.STEP, f"Whoever does {called(run, step)}"))
        to = typed.get("to", known[0][0])
        choices = [Choice(title, value, value == to) for value, title in known]
        back = Place(run.pk).on_step(step) if step else Place(run.pk).on_tab("messages")
        return cls(run, choices, typed.get("text", ""), problem, back)
