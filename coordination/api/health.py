"""Is it alive, is it ready, how much is going on: for load balancers and Prometheus."""

import logging
import time
from collections.abc import Callable, Iterable
from functools import wraps

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from coordination.approvals.models import OPEN, ApprovalRequest
from coordination.audit.models import AuditStream
from coordination.audit.selectors import CODES, alarm_counts
from coordination.engine.flow.state import RunStatus, StepStatus
from coordination.runs.models import Run, Step
from coordination.shared import presence

logger = logging.getLogger(__name__)

# However often they ask, the servers behind are asked once in this time.
KEPT_S = 2.0
METRICS_KEPT_S = 10.0
OK, NO_ANSWER = "ok", "no answer"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


_held: list[list[tuple[float, HttpResponse]]] = []


def forget() -> None:
    """Ask the servers behind again at the next request."""
    for held in _held:
        held.clear()


def _kept(seconds: float) -> Callable[[Callable[[], HttpResponse]], Callable[[HttpRequest], HttpResponse]]:
    """Answer again with the same for a while."""

    def remember(view: Callable[[], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
        held: list[tuple[float, HttpResponse]] = []

        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            if not held or time.monotonic() - held[0][0] > seconds:
                held[:] = [(time.monotonic(), view())]
            kept = held[0][1]
            again = HttpResponse(kept.content, kept.headers["Content-Type"], kept.status_code)
            # Whoever probes hears it; a line in the log for each probe would drown the reason.
            again._has_been_logged = True  # type: ignore[attr-defined]  # what Django's log_response looks for
            return again

        _held.append(held)
        return answer

    return remember


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Tell that this process answers."""
    return JsonResponse({"status": "ok"})


@_kept(KEPT_S)
def _readiness() -> HttpResponse:
    checks = {"database": _database(), "redis": _redis(), "worker": _worker()}
    is_ready = all(said == OK for said in checks.values())
    answer = {"status": "ready" if is_ready else "not ready", "checks": checks}
    return JsonResponse(answer, status=200 if is_ready else 503)


@_kept(METRICS_KEPT_S)
def _figures() -> HttpResponse:
    runs = dict(Run.objects.order_by().values_list("status").annotate(Count("id")))
    steps = dict(Step.objects.order_by().values_list("status").annotate(Count("id")))
    waiting = dict(
        ApprovalRequest.objects.filter(state__in=OPEN, is_synthetic=False)
        .order_by()
        .values_list("risk_band")
        .annotate(Count("id"))
    )
    records = AuditStream.objects.aggregate(n=Sum("length"))["n"] or 0
    lines = [
        *_family("coordination_runs", "Runs by status.", "status", runs, RunStatus),
        *_family("coordination_steps", "Steps by status.", "status", steps, StepStatus),
        *_family("coordination_approvals_open", "Questions that wait for people.", "risk", waiting, sorted(waiting)),
        "# HELP coordination_audit_records_total Records in the audit log.",
        "# TYPE coordination_audit_records_total counter",
        f"coordination_audit_records_total {records}",
        *_family("coordination_audit_alarms", "Organizations with an alarm.", "code", alarm_counts(), CODES),
        "# HELP coordination_worker_present Whether a worker was alive a moment ago.",
        "# TYPE coordination_worker_present gauge",
        f"coordination_worker_present {int(_worker() == OK)}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type=_PROMETHEUS)


readyz = require_safe(_readiness)
metrics = require_safe(_figures)


def _family(name: str, title: str, label: str, counts: dict[str, int], values: Iterable[str]) -> list[str]:
    samples = [f'{name}{{{label}="{value}"}} {counts.get(str(value), 0)}' for value in values]
    return [f"# HELP {name} {title}", f"# TYPE {name} gauge", *samples]


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.warning("The database does not answer.", exc_info=True)
        return NO_ANSWER
    return OK


def _redis() -> str:
    try:
        cache.get("readiness")
    except RedisError:
        logger.warning("Redis does not answer.", exc_info=True)
        return NO_ANSWER
    return OK


def _worker() -> str:
    try:
        return OK if presence.anyone_at_work() else f"none within {presence.FORGOTTEN_AFTER_S} s"
    except RedisError:
        return "unknown"
