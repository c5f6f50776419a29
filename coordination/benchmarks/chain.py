"""Governed steps per second in chains, beside bare Celery: 200 runs of 10 no-op steps, 2 workers."""

from typing import Any

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.benchmarks import bare
from coordination.benchmarks.counting import counted
from coordination.benchmarks.house import chain_of, make_house, publish
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.timing import seconds_for
from coordination.benchmarks.workers import THREADS, WORKERS, bare_workers, our_workers

RUNS = 200
STEPS = 10


def measure(options: Options) -> list[Measurement]:
    """Return durable, policy-checked, audited steps per second beside bare Celery's."""
    runs = options.sample or RUNS
    with bare_workers():
        bare.seconds_for(runs, STEPS)  # Once unmeasured, here as there: processes are warm.
        bare_s = bare.seconds_for(runs, STEPS)
    house = make_house()
    publish(house, "chain", chain_of(STEPS))
    with our_workers():
        seconds_for(house, "chain", [{}] * max(runs, WORKERS * THREADS))
        with counted() as written:
            ours = seconds_for(house, "chain", [{}] * runs)
        single = seconds_for(house, "chain", [{}] * runs, one_by_one=True)
        steps = runs * STEPS
        details = {
            "runs": runs,
            "steps": steps,
            "commits_per_step": round(written.commits / steps, 2),
            "wal_bytes_per_step": round(written.wal_bytes / steps),
            "messages_per_step": round(written.messages / steps, 2),
            "redis_commands_per_step": round(written.redis_commands / steps, 2),
            **_statements(house, runs),
            "audit_records": AuditEvent.objects.filter(organization=house).count(),
        }
    return [
        Measurement("chain", steps / ours.seconds, "steps/s", steps / bare_s, details),
        Measurement("chain, started one by one", steps / single.seconds, "steps/s", steps / bare_s, {"runs": runs}),
    ]


def _statements(house: Organization, runs: int) -> dict[str, Any]:
    """Return statements per step, counted apart: counting takes time. Starting the runs is in them."""
    with counted(statements=True) as asked:
        timed = seconds_for(house, "chain", [{}] * runs)
    if asked.statements is None:
        return {}
    return {"statements_per_step": round((asked.statements - timed.n_looks) / (runs * STEPS), 2)}
