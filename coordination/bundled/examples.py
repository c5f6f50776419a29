"""The agents and tools of `examples/`: the same answer each time, no network, no effect on the world.

Config of every agent: {seconds}, how long it works; it stops sooner when nobody waits for it any longer.
"""

import hashlib
import time

from coordination.adapters.ports import AgentFailed, Reach, Result, Task, ToolContext, agent, tool
from coordination.bundled.inputs import setting, text_of
from coordination.shared.json import Json

_LOOK_EVERY_S = 0.05


@agent
def echo(task: Task, reach: Reach) -> Result:
    """Give back what came in, with `adds` of the config; as sure as `sure` of the config."""
    _work(task, reach)
    return Result(output={**task.input, **setting(task, "adds", {})}, confidence=setting(task, "sure", 0.9))


@agent
def count_words(task: Task, reach: Reach) -> Result:
    """Count the words of `text`; fails for one that has none."""
    _work(task, reach)
    return Result(output={"words": len(text_of(task, "text").split())}, confidence=1.0)


@agent
def shorten(task: Task, reach: Reach) -> Result:
    """Leave out the last word of `text`, and say whether at most `words` of the config are left."""
    _work(task, reach)
    words = text_of(task, "text").split()[:-1]
    return Result(output={"text": " ".join(words), "good": len(words) <= setting(task, "words", 3)})


@agent
def flaky(task: Task, reach: Reach) -> Result:
    """Fail the first `failures` attempts with the error `code`, one that does not pass by itself; then echo."""
    _work(task, reach)
    if task.attempt <= setting(task, "failures", 1):
        raise AgentFailed(setting(task, "code", "not-yet"), f"Attempt {task.attempt} failed, as it is meant to.")
    return Result(output={**task.input, "attempt": task.attempt})


@agent
def broken(task: Task, reach: Reach) -> Result:
    """Fail for good."""
    _work(task, reach)
    raise AgentFailed("broken", "This agent always fails, as it is meant to.")


@tool
def book(args: dict[str, Json], context: ToolContext) -> dict[str, Json]:
    """Give the receipt of a booking; the same call has the same receipt."""
    digest = hashlib.sha256(context.idempotency_key.encode()).hexdigest()
    return {**args, "receipt": f"BK-{digest[:12].upper()}"}


@tool
def cancel(args: dict[str, Json], context: ToolContext) -> dict[str, Json]:
    """Say which booking was cancelled, and under which key."""
    return {"cancelled": args.get("receipt"), "key": context.idempotency_key}


def _work(task: Task, reach: Reach) -> None:
    """Take as long as the config says."""
    until = time.monotonic() + setting(task, "seconds", 0.0)
    while (left_s := until - time.monotonic()) > 0 and not reach.stopping:
        time.sleep(min(left_s, _LOOK_EVERY_S))
