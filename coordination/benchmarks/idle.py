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
        with counted(statements=True) as ours:
            time.sleep(seconds)
    if ours.statements is None:
        raise RuntimeError("idle needs the extension pg_stat_statements; without --here it is there.")
    details = {
        "commits_per_s": round(ours.commits / seconds, 1),
        "wal_bytes_per_s": round(ours.wal_bytes / seconds),
        "redis_commands_per_s": round(ours.redis_commands / seconds, 1),
        "celery_redis_commands_per_s": round(bare.redis_commands / seconds, 1),
    }
    return [Measurement("idle", ours.statements / seconds, "statements/s", None, details)]
