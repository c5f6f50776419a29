"""What an idle system does: statements per second with the web server, the workers and beat running."""

import time

from coordination.benchmarks.bare import app as bare_app
from coordination.benchmarks.counting import counted
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.serving import everything
from coordination.benchmarks.workers import bare_workers

SECONDS = 20
_SETTLED_S = 5


def measure(options: Options) -> list[Measurement]:
    """Return statements and Redis commands per second; fewer are better, so there is no ratio."""
    seconds = options.sample or SECONDS
    with bare_workers():
        time.sleep(_SETTLED_S)
        with counted() as bare:
            time.sleep(seconds)
    bare_app.control.purge()
    with everything():
        time.sleep(_SETTLED_S)
        began = time.monotonic()
        with counted(statements=True) as ours:
            time.sleep(seconds)
        passed = time.monotonic() - began
    asked = ours.commits if ours.statements is None else ours.statements
    details = {
        "counted": "transactions" if ours.statements is None else "statements",
        "commits_per_s": round(ours.commits / passed, 1),
        "wal_bytes_per_s": round(ours.wal_bytes / passed),
        "redis_commands_per_s": round(ours.redis_commands / passed, 1),
        "celery_redis_commands_per_s": round(bare.redis_commands / passed, 1),
    }
    return [Measurement("idle", asked / passed, "statements/s", None, details)]
