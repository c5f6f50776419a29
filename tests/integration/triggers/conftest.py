"""A small organization, a clock that the test turns, and triggers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.audit.selectors import events
from coordination.manifests.applying import apply
from coordination.manifests.reading import read
from coordination.runs.models import Run
from coordination.triggers.models import Firing, Trigger
from coordination.triggers.services import calling, firing, save_trigger, saving, tick, ticking
from tests.factories import make_organization

# Nobody works here: a run goes on until a test ends it.
WORLD = """
apiVersion: coordination/v1
kind: Role
metadata: {name: worker}
spec: {capabilities: [work]}
---
apiVersion: coordination/v1
kind: Agent
metadata: {name: echo}
spec: {role: worker, capabilities: [work], adapter: {python: tests.acting.echo}}
---
apiVersion: coordination/v1
kind: Workflow
metadata: {name: report}
spec:
  input: {type: object, properties: {day: {type: string}, n: {type: number}}}
  steps: [{id: write, agent: {name: echo}}]
---
apiVersion: coordination/v1
kind: Workflow
metadata: {name: follow}
spec:
  steps: [{id: write, agent: {name: echo}}]
"""
CLOCKS = (calling, firing, saving, ticking)


class World:
    """What a test says about triggers."""

    def __init__(self, organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
        self.organization = organization
        self._monkeypatch = monkeypatch
        self.now = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def at(self, text: str) -> None:
        """Turn the clock."""
        self.now = datetime.fromisoformat(text).replace(tzinfo=UTC)
        for module in CLOCKS:
            self._monkeypatch.setattr(module, "now", lambda: self.now)

    def later(self, **some: float) -> None:
        self.at((self.now + timedelta(**some)).replace(tzinfo=None).isoformat())

    def trigger(self, kind: str = "cron", spec: dict[str, Any] | None = None, **said: Any) -> Trigger:
        specs = {"cron": {"cron": "0 9 * * *"}, "interval": {"every": "1h"}, "run-end": {"workflow": "report"}}
        whole = {
            "name": "nightly",
            "workflow": "follow" if kind == "run-end" else "report",
            "kind": kind,
            "spec": specs.get(kind, {}) if spec is None else spec,
            **said,
        }
        return save_trigger(self.organization, whole, SYSTEM)

    def tick(self) -> list[str]:
        """Tick, and return what came of each occasion so far."""
        tick()
        return self.came()

    def came(self) -> list[str]:
        return list(Firing.objects.order_by("id").values_list("state", flat=True))

    def reasons(self) -> list[str]:
        return list(Firing.objects.order_by("id").values_list("reason", flat=True))

    def runs(self) -> list[Run]:
        return list(Run.objects.filter(organization=self.organization).order_by("id"))

    def due(self) -> list[str]:
        """Return the due times for which something was started."""
        found = Firing.objects.filter(state="started").order_by("id")
        return [f"{due:%d %H:%M}" for due in found.values_list("due_at", flat=True)]

    def end(self, run: Run, status: str = "succeeded") -> None:
        """End a run a moment ago."""
        ended_at = self.now - timedelta(milliseconds=1)
        Run.objects.filter(pk=run.pk).update(status=status, finished_at=ended_at)

    def recorded(self, name: str = "nightly") -> list[tuple[str, str]]:
        """Return kind and actor of the trigger's records, oldest first."""
        found = events(self.organization, stream=f"trigger:{name}").order_by("stream_no")
        return list(found.values_list("kind", "actor"))


def make_world(settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.AGENT_MODULES = ["tests.acting"]
    organization = make_organization("acme")
    apply(organization, read(WORLD), SYSTEM)
    world = World(organization, monkeypatch)
    world.at("2026-06-01T12:00:00")
    return world


@pytest.fixture
def world(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    return make_world(settings, monkeypatch)
