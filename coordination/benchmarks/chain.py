"""Governed steps per second in chains, beside bare Celery: 200 runs of 10 no-op steps, 2 workers."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connection

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.accounts.services import create_organization
from coordination.adapters.ports import Reach, Result, Task, agent
from coordination.agents.services import save_agent, save_role
from coordination.audit.models import AuditEvent
from coordination.benchmarks import bare
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.workers import workers
from coordination.celery import app
from coordination.engine.flow.state import RUN_ENDED
from coordination.engine.manifest import Manifest
from coordination.policies import services as policies
from coordination.runs.models import Run
from coordination.runs.services import start_run, sweep
from coordination.shared.ids import new_id
from coordination.workflows import services as workflows

RUNS = 200
STEPS = 10
WORKERS = 2
SWEEP_S = 2.0
_QUIET = ("--without-gossip", "--without-mingle")
# Two processes each: Celery as it comes, and ours in the pool of agents that compute nothing.
_BARE = ("-P", "prefork", "-c", str(WORKERS), *_QUIET)
_OURS = ("-P", "threads", "-c", "32", "-Q", "io", *_QUIET)


@agent
def nothing(task: Task, reach: Reach) -> Result:
    """Do nothing, successfully."""
    return Result(output={}, confidence=1.0)


def measure(options: Options) -> list[Measurement]:
    """Return durable, policy-checked, audited steps per second beside bare Celery's."""
    runs = options.sample or RUNS
    with workers(bare.app, "coordination.benchmarks.bare", *_BARE):
        bare.seconds_for(WORKERS * 2, STEPS)  # Each process has opened its connections once.
        bare_s = bare.seconds_for(runs, STEPS)
    organization = _organization()
    with ExitStack() as started:
        for number in range(WORKERS):
            name = ("-n", f"worker{number}@%h")
            started.enter_context(workers(app, "coordination", *_OURS, *name, AGENT_MODULES="coordination.benchmarks"))
        _seconds_for(organization, WORKERS * 4)  # Each process has imported and compiled everything once.
        with _written() as wal:
            ours_s = _seconds_for(organization, runs)
    steps = runs * STEPS
    details = {
        "runs": runs,
        "steps": steps,
        "commits_per_step": round(wal["commits"] / steps, 2),
        "wal_bytes_per_step": round(wal["bytes"] / steps),
        "audit_records": AuditEvent.objects.filter(organization=organization).count(),
    }
    return [Measurement("chain", steps / ours_s, "steps/s", steps / bare_s, details)]


def _organization() -> Organization:
    """Return a new organization with one agent, one policy that looks at every call, and the workflow."""
    organization = create_organization(f"bench-{new_id().hex[-12:]}", "Benchmark")
    say = _manifest
    save_role(organization, say("Role", "worker", {"capabilities": ["do.nothing"]}), SYSTEM)
    here = f"{__name__}.nothing"
    agent_spec = {"role": "worker", "capabilities": ["do.nothing"], "adapter": {"python": here}}
    save_agent(organization, say("Agent", "nothing", agent_spec), SYSTEM)
    rule = {
        "key": "authority",
        "title": "Authority",
        "statement": "Agents with too much authority do no chores.",
        "hooks": ["agent.call"],
        "when": "agent.authority > 4",
        "effect": "deny",
    }
    policy = policies.save_draft(organization, say("Policy", "chores", {"rules": [rule]}), SYSTEM)
    policies.publish(policy.policy, policy.number, SYSTEM)
    steps: list[dict[str, Any]] = []
    for number in range(STEPS):
        needs = [f"s{number - 1}"] if number else []
        steps.append({"id": f"s{number}", "needs": needs, "agent": {"capability": "do.nothing"}})
    version = workflows.save_draft(organization, say("Workflow", "chain", {"steps": steps}), SYSTEM)
    workflows.publish(organization, "chain", version.number, SYSTEM)
    return organization


def _manifest(kind: str, name: str, spec: dict[str, Any]) -> Manifest:
    return Manifest.model_validate({"kind": kind, "metadata": {"name": name}, "spec": spec})


def _seconds_for(organization: Organization, runs: int) -> float:
    """Return the seconds from the first start to the last end."""
    started = time.perf_counter()
    for _ in range(runs):
        start_run(organization, "chain", {}, actor=SYSTEM)
    open_runs = Run.objects.filter(organization=organization).exclude(status__in=RUN_ENDED)
    next_sweep = time.monotonic() + SWEEP_S
    while open_runs.exists():
        time.sleep(0.02)
        if time.monotonic() > next_sweep:
            # What beat rings for in an installation: a message that was lost must not stop the measurement.
            sweep()
            next_sweep += SWEEP_S
    seconds = time.perf_counter() - started
    failed = Run.objects.filter(organization=organization).exclude(status="succeeded").count()
    if failed:
        raise RuntimeError(f"{failed} runs of the benchmark did not succeed.")
    return seconds


@contextmanager
def _written() -> Iterator[dict[str, float]]:
    """Count what PostgreSQL wrote and committed during the block."""
    counted: dict[str, float] = {}
    before = _counters()
    yield counted
    time.sleep(1.1)  # PostgreSQL publishes its statistics once a second.
    after = _counters()
    counted["bytes"], counted["commits"] = (b - a for a, b in zip(before, after, strict=True))


def _counters() -> tuple[float, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, xact_commit FROM pg_stat_database"
            " WHERE datname = current_database()"
        )
        wal, commits = cursor.fetchone()
    return float(wal), float(commits)
