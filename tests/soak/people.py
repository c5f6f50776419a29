"""People who start runs, answer questions, send signals, and meddle; what is not possible just now is refused."""

import contextlib
from random import Random
from typing import Any

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Membership
from coordination.approvals.models import OPEN, ApprovalRequest
from coordination.engine.flow.state import RUN_ENDED
from coordination.runs.models import Run, Step
from coordination.runs.services import (
    answer_approval,
    cancel_run,
    pause_run,
    resume_run,
    retry_step,
    signal_run,
    skip_step,
    start_run,
)
from coordination.shared.errors import CoordinationError
from tests.integration.runs.conftest import World
from tests.soak.flows import AGENTS, CHILD, Author

N_FLOWS = 16
MOST_OPEN = 40
_DOES = {"napper": "nap", "broken": "fail", "hanging": "hang"}
_LIMITS = {"napper": {"max_concurrency": 4}}


class People:
    """Everybody who does something with the runs of one organization."""

    def __init__(self, world: World, chance: Random) -> None:
        self._world, self._chance = world, chance
        self._organization = world.organization
        self._lead: Membership = world.member("lena", "reviewer", groups=("lead",))

    def set_up(self) -> None:
        """Register the agents and publish the workflows."""
        for name in [*AGENTS, "hanging"]:
            capability = "hang" if name == "hanging" else "work"
            self._world.agent(name, _DOES.get(name, name), capabilities=[capability], **_LIMITS.get(name, {}))
        self._world.tool("pay.refund", "send_slowly")
        self._world.policy("free", when="true", effect="allow")
        self._world.workflow({"id": "a", "agent": {"name": "napper"}}, name=CHILD, output={"n": 1})
        author = Author(self._chance)
        for number in range(N_FLOWS):
            budget = {"calls": 40} if number % 4 == 0 else {"time": "10m"}
            self._world.workflow(*author.workflow(), name=f"soak-{number}", budget=budget)

    def start(self) -> None:
        """Start runs as long as there is room."""
        n_open = Run.objects.exclude(status__in=RUN_ENDED).filter(parent=None).count()
        for _ in range(min(5, MOST_OPEN - n_open)):
            name, n = f"soak-{self._chance.randrange(N_FLOWS)}", self._chance.randrange(10)
            start_run(self._organization, name, {"n": n}, actor=SYSTEM, priority=self._chance.choice([10, 50, 90]))

    def answer(self) -> None:
        """Answer what is asked and send what is waited for."""
        for asked in ApprovalRequest.objects.filter(state__in=OPEN)[:20]:
            verdict = self._chance.choices(["approve", "reject"], [4, 1])[0]
            self._try(answer_approval, self._lead, asked.pk, verdict, reason="seen", revision=asked.revision)
        waiting = Step.objects.filter(kind="wait", status="waiting", run__status__in=["running", "waiting"])
        for run_id in waiting.values_list("run_id", flat=True).distinct()[:20]:
            self._try(signal_run, self._organization, run_id, "go", {"n": 1}, SYSTEM)

    def meddle(self) -> None:
        """Do something to a run that nobody would expect."""
        run = Run.objects.order_by("?").first()
        step = run and run.steps.order_by("?").first()
        if run is None or step is None:
            return
        act: Any = self._chance.choice([pause_run, resume_run, resume_run, cancel_run, retry_step, skip_step])
        if act in (retry_step, skip_step):
            self._try(act, self._organization, run.pk, step.key, SYSTEM, "a whim")
        else:
            self._try(act, self._organization, run.pk, SYSTEM, "a whim")

    def let_all_go_on(self) -> None:
        """Resume whatever is paused."""
        for run in Run.objects.filter(status="paused"):
            self._try(resume_run, self._organization, run.pk, SYSTEM)

    def _try(self, act: Any, *args: Any, **more: Any) -> None:
        # What is refused came too late: somebody was faster.
        with contextlib.suppress(CoordinationError):
            act(*args, **more)
