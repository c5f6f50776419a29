"""Agents and tools that behave well, and badly."""

import sys
import time
from typing import Any

import numpy as np

from coordination.adapters.ports import AgentFailed, Proposal, Reach, Result, Source, Task, ToolContext, agent, tool


@agent
def good(task: Task, reach: Reach) -> Result:
    reach.remember("seen", task.input)
    return Result(
        {"said": task.input, "n": np.float32(0.5), "pair": (1, 2)},
        confidence=np.float64(0.75),
        actions=(Proposal("mail", {"to": "x"}),),
        sources=(Source("Title", "key"),),
    )


@agent
def asks(task: Task, reach: Reach) -> Result:
    return Result(
        {"rows": reach.embed(["a", "b"]).shape, "hits": len(reach.search("none", "query")), "x": reach.recall("x")}
    )


@agent
def raises(task: Task, reach: Reach) -> Result:
    raise task.config["error"]


@agent
def hangs(task: Task, reach: Reach) -> Result:
    time.sleep(60)
    return Result({})


@agent
def reaches_too_late(task: Task, reach: Reach) -> Result:
    time.sleep(0.3)
    try:
        reach.remember("late", True)
    except AgentFailed as error:
        LATE.append(error.code)
    return Result({})


LATE: list[str] = []


@agent
def returns(task: Task, reach: Reach) -> Result:
    return task.config["value"]


@agent
def leaves(task: Task, reach: Reach) -> Result:
    sys.exit(3)


def unmarked(task: Task, reach: Reach) -> Result:
    return Result({})


@tool
def act(args: dict[str, Any], context: ToolContext) -> dict[str, Any]:
    return {"done": args, "key": context.idempotency_key}


@tool
def act_badly(args: dict[str, Any], context: ToolContext) -> dict[str, Any]:
    return args["give"]
