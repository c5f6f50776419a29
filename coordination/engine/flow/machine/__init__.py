"""What happens next in a run: state × event → state, effects and notes. No I/O, no clock, no chance."""

from coordination.engine.flow.machine.councils import CHOICE, briefed
from coordination.engine.flow.machine.move import ImpossibleEvent, Transition
from coordination.engine.flow.machine.taking import apply, begin, spreads, target_of
from coordination.engine.flow.machine.waits import signal_errors

__all__ = [
    "CHOICE",
    "ImpossibleEvent",
    "Transition",
    "apply",
    "begin",
    "briefed",
    "signal_errors",
    "spreads",
    "target_of",
]
