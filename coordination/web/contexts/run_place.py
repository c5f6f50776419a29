"""Where on a run's page one is: which tab, which step and which of its items, at which moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from coordination.engine.flow.state import StepStatus

TABS = {
    "agents": "Agents & time",
    "data": "Data accessed",
    "decisions": "Decisions",
    "messages": "Messages",
    "steps": "Steps",
    "audit": "Audit",
}
_MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Place:
    """One address of a run's page."""

    run_id: UUID
    tab: str = "agents"
    step: str = ""
    state: str = ""
    page: str = ""
    at: int | None = None

    @classmethod
    def read(cls, run_id: UUID, query: Mapping[str, str]) -> "Place":
        """Return the place that an address asks for; what it cannot mean is passed over."""
        step, tab, at = query.get("step", ""), query.get("tab", ""), query.get("at", "")
        return cls(
            run_id,
            tab="steps" if step else tab if tab in TABS else "agents",
            step=step,
            state=query["state"] if query.get("state", "") in list(StepStatus) else "",
            page=query.get("page", ""),
            at=int(at) if at.isdecimal() and len(at) <= _MOST_DIGITS else None,
        )

    @property
    def run_link(self) -> str:
        """Return the address of the run itself, now."""
        return reverse("run", args=[self.run_id])

    @property
    def here(self) -> str:
        """Return this address."""
        asked = {"tab": self.tab, "step": self.step, "state": self.state, "page": self.page, "at": self.at}
        return f"{self.run_link}?{urlencode({name: value for name, value in asked.items() if value not in ('', None)})}"

    def on_tab(self, tab: str) -> str:
        """Return the address of a tab at the same moment."""
        return Place(self.run_id, tab=tab, at=self.at).here

    def on_step(self, key: str, state: str = "") -> str:
        """Return the address of a step at the same moment, with its items in one state only."""
        return Place(self.run_id, tab="steps", step=key, state=state, at=self.at).here

    def at_record(self, number: int | None) -> str:
        """Return this address at another moment; None is now."""
        return Place(self.run_id, self.tab, self.step, self.state, "", number).here
