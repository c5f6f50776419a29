"""Agents and tools that tests can steer."""

import time
from pathlib import Path
from typing import Any

from coordination.adapters.ports import AgentFailed, Proposal, Reach, Result, Task, ToolContext, Usage, agent, tool

sent: list[tuple[str, dict[str, Any]]] = []


@agent
def echo(task: Task, reach: Reach) -> Result:
    """Give the input back, as sure as the input says."""
    return Result(output=dict(task.input), confidence=task.input.get("confidence", 0.9), rationale="It said so.")


@agent
def say_a(task: Task, reach: Reach) -> Result:
    """Vote for a."""
    return Result(output={"choice": "a"}, confidence=0.9, rationale="A is what the law says.")


@agent
def say_b(task: Task, reach: Reach) -> Result:
    """Vote for b."""
    return Result(output={"choice": "b"}, confidence=0.9, rationale="B is what the customer wants.")


@agent
def tell_config(task: Task, reach: Reach) -> Result:
    """Tell what the config says: what options are worth, what a task costs."""
    return Result(output=dict(task.config))


@agent
def bid_and_do(task: Task, reach: Reach) -> Result:
    """Bid what the config says, and do the task if it is won."""
    return Result(output={**task.config, **task.input})


@agent
def bid_and_fail(task: Task, reach: Reach) -> Result:
    """Bid what the config says, and fail at the task if it is won."""
    if "job" in task.input:
        raise AgentFailed("broken", "It bid for what it cannot do.")
    return Result(output=dict(task.config))


@agent
def propose(task: Task, reach: Reach) -> Result:
    """Propose to send what came in."""
    return Result(output=dict(task.input), confidence=0.8, actions=(Proposal("mail.send", {"text": "hi"}),))


@agent
def fail(task: Task, reach: Reach) -> Result:
    """Fail for good."""
    raise AgentFailed("broken", "It is broken.")


@agent
def flaky(task: Task, reach: Reach) -> Result:
    """Fail at the first attempt only."""
    if task.attempt == 1:
        raise AgentFailed("busy", "Come back later.", retryable=True)
    return Result(output={"attempt": task.attempt})


@agent
def crash(task: Task, reach: Reach) -> Result:
    """Raise what no agent should."""
    raise ZeroDivisionError("boom")


@agent
def garbage(task: Task, reach: Reach) -> Result:
    """Return what JSON cannot say."""
    return Result(output={"x": object()})  # type: ignore[dict-item]  # that is the point


@agent
def hang(task: Task, reach: Reach) -> Result:
    """Work for far too long."""
    time.sleep(30)
    return Result(output={})


@tool
def send(args: dict[str, Any], context: ToolContext) -> dict[str, Any]:
    """Remember what was sent."""
    sent.append((context.idempotency_key, args))
    return {"sent": True}


@tool
def refuse(args: dict[str, Any], context: ToolContext) -> dict[str, Any]:
    """Fail for good."""
    raise AgentFailed("refused", "The other side refused.")


@agent
def nap(task: Task, reach: Reach) -> Result:
    """Work for a moment, so that a test can kill the worker in the middle."""
    time.sleep(0.1)
    return Result(output={})


@agent
def wait(task: Task, reach: Reach) -> Result:
    """Work until a file appears, so that a test says when it is done."""
    until = Path(str(task.input["until"]))
    while not until.exists():
        time.sleep(0.02)
    return Result(output={})


@agent
def sign(task: Task, reach: Reach) -> Result:
    """Say who does the work."""
    return Result(output={"by": task.agent})


@agent
def heed(task: Task, reach: Reach) -> Result:
    """Work until told to stop, and then leave a file that says so."""
    Path(str(task.input["began"])).touch()
    until = time.monotonic() + 60
    while not reach.stopping and time.monotonic() < until:
        time.sleep(0.02)
    Path(str(task.input["stopped"])).touch()
    return Result(output={})


@tool
def send_slowly(args: dict[str, Any], context: ToolContext) -> dict[str, Any]:
    """Take a moment to send, so that a test can kill the worker in the middle."""
    time.sleep(0.2)
    return {"sent": True}


@agent
def spend(task: Task, reach: Reach) -> Result:
    """Take what the input says, in micro-dollars and tokens."""
    usage = Usage(input_tokens=task.input.get("tokens", 0), cost_microusd=task.input.get("cost", 0))
    return Result(output={}, usage=usage)


@agent
def heard(task: Task, reach: Reach) -> Result:
    """Give back what people told it."""
    return Result(output={"heard": [[message.author, message.text] for message in task.messages]})


@agent
def plan(task: Task, reach: Reach) -> Result:
    """Propose a large amount, a small one once people have spoken, and answer when they ask."""
    said = " ".join(message.text for message in task.messages)
    if "they ask:" in said:
        return Result(output={"answer": f"Because {said.rpartition('they ask: ')[2]}"}, usage=Usage(cost_microusd=70))
    amount = 50 if said else 500
    args: dict[str, Any] = {"text": f"Heard: {said}" if said else "Dear all", "amount": amount}
    return Result(output=args, confidence=0.8, actions=(Proposal("mail.send", args),))
