"""A run that works and gets nowhere."""

from dataclasses import dataclass

from coordination.engine.watch.signals import Finding, Signal


@dataclass(slots=True)
class Stall:
    """Finds `steps` things that happened, or `seconds` that passed, without any progress."""

    steps: int = 8
    seconds: float = 600.0
    _since: Signal | None = None
    _n_steps: int = 0

    def see(self, signal: Signal) -> Finding | None:
        """Take note of a step, or of progress."""
        if signal.kind == "progress" or signal.artefact or self._since is None:
            self._since, self._n_steps = signal, 0
            return None
        self._n_steps += signal.kind in ("call", "result")
        waited = signal.at - self._since.at
        if self._n_steps < self.steps and waited < self.seconds:
            return None
        since, n_steps = self._since, self._n_steps
        self._since, self._n_steps = signal, 0
        return Finding(
            detector="stall",
            remedy="warn",
            since=since.number,
            at=signal.number,
            agents=(signal.agent,) if signal.agent else (),
            why=f"Nothing has come of {n_steps} steps in {waited:.0f} s.",
            figures={"steps": n_steps, "seconds": waited},
        )
