"""Fill a home folder of its own with work: `python -m tests.integration.processes.inside RUNS`."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coordination.settings")
N_STEPS = 8


def main(count: int) -> None:
    """Make an organization, and start runs of several naps and one action."""
    from django.conf import settings

    from coordination.accounts.actors import SYSTEM
    from coordination.runs.services import start_run
    from tests.integration.runs.conftest import make_world

    world = make_world(settings)
    world.agent("napper", "nap")
    world.policy("free", when="true", effect="allow")
    steps = [
        {"id": f"s{n}", "needs": [f"s{n - 1}"] if n else [], "agent": {"name": "napper"}} for n in range(N_STEPS - 1)
    ]
    send = {"id": "send", "needs": [f"s{N_STEPS - 2}"], "action": {"tool": "mail.send", "args": {"text": "hi"}}}
    world.workflow(*steps, send)
    for _ in range(count):
        start_run(world.organization, "flow", {}, actor=SYSTEM)


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]))
