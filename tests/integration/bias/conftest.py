"""An organization with a monitor of posted decisions, and a short way to say what was decided."""

from collections.abc import Callable
from typing import Any

import pytest

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.bias.models import BiasMonitor
from coordination.bias.services import (
    Decided,
    Known,
    count_decisions,
    look_at,
    put_characteristics,
    save_monitor,
)
from coordination.engine.manifest import Manifest
from coordination.shared.clock import now

ANN = Actor("user", "ann")
SPEC: dict[str, Any] = {"attributes": [{"name": "sex", "reference": "m", "groups": ["f", "m"]}]}


def monitor_manifest(spec: dict[str, Any], name: str = "loans") -> Manifest:
    return Manifest.model_validate({"kind": "BiasMonitor", "metadata": {"name": name}, "spec": spec})


class Watched:
    """A monitor, the people it is about, and what was decided about them."""

    def __init__(self, monitor: BiasMonitor) -> None:
        self.monitor = monitor
        self._n = 0

    def decide(self, group: str, n: int, favourable: int) -> None:
        """Count so many decisions about people of a group, who are known to be of it."""
        people = [f"{group}-{self._n + at}" for at in range(n)]
        put_characteristics(self.monitor.organization, [Known(one, "sex", group) for one in people], ANN)
        decided = [Decided(f"d-{one}", one, at < favourable, now()) for at, one in enumerate(people)]
        count_decisions(self.monitor, decided)
        self._n += n

    def look(self) -> BiasMonitor:
        found = look_at(self.monitor.pk)
        assert found is not None
        self.monitor.refresh_from_db()
        return found


@pytest.fixture
def acme(db: None) -> Organization:
    return Organization.objects.create(slug="acme", name="Acme")


@pytest.fixture
def watch(acme: Organization) -> Callable[..., Watched]:
    """Return a function that makes a monitor, with more in its spec where the test says so."""

    def made(**more: Any) -> Watched:
        return Watched(save_monitor(acme, monitor_manifest({**SPEC, **more}), ANN))

    return made
