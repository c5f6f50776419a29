"""A small organization in which an agent proposes to send something."""

from typing import Any

import pytest

from coordination.runs.models import Run
from tests.integration.runs.conftest import World, make_world
from tests.integration.runs.test_oversight import answer

ASK = {"when": "action.amount > 100.0", "effect": "require_approval", "approval": {"role": "reviewer"}}
STEPS: tuple[dict[str, Any], ...] = (
    {"id": "think", "agent": {"name": "writer"}, "input": {"confidence": "${input.sure}"}},
    {
        "id": "send",
        "needs": ["think"],
        "action": {"tool": "mail.send", "args": {"text": "hi", "amount": "${input.amount}"}},
    },
)


@pytest.fixture
def world(db: None, settings: Any) -> World:
    made = make_world(settings)
    made.policy("calm", when="true", effect="allow")
    return made


@pytest.fixture
def desk(world: World) -> World:
    """An agent `writer` proposes mail.send, which needs a person above 100."""
    world.agent("writer", "propose")
    world.policy("limit", **ASK)
    world.workflow(*STEPS)
    return world


def value(amount: float = 5, sure: float = 0.8) -> dict[str, Any]:
    return {"amount": amount, "sure": sure}


def rejected(desk: World, amount: float = 500) -> Run:
    """Return a run whose action a person rejected."""
    reviewer = desk.member("reviewer", "reviewer")
    run = desk.run(value(amount))
    answer(desk, run, reviewer, "reject")
    return desk.work(run)
