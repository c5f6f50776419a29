"""Look at what a monitor counted, judge it, and let its state follow."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from coordination.accounts.actors import SYSTEM
from coordination.bias.cells import tallies_in, unknown_in
from coordination.bias.findings import as_json
from coordination.bias.manifest import MonitorSpec
from coordination.bias.models import BiasMonitor, Look, MonitorState
from coordination.bias.selectors import cells_of
from coordination.bias.services.records import record
from coordination.bias.services.saving import begin_period
from coordination.bias.states import next_state
from coordination.engine.trust.bias import (
    Before,
    Finding,
    Standing,
    look,
    pairs_in,
    planned_look,
    worst,
)
from coordination.shared.clock import now
from coordination.shared.json import Json
from coordination.shared.live import ring

# A look is kept beside the last one when the numbers have grown by so much; else it takes its place.
_GROWTH = 1.02
# A monitor is looked at so often that nothing has changed: its period may be over.
_AT_LEAST = timedelta(hours=1)
# What has counted very much is looked at less often: a million decisions every 100 seconds.
_PER_S = 10_000
_SECOND = timedelta(seconds=1)


def monitors_to_look_at() -> list[UUID]:
    """Return the monitors that have counted something since they were last looked at, or whose period may be over."""
    moment = now()
    due = BiasMonitor.objects.filter(Q(is_stale=True) | Q(looked_at=None) | Q(looked_at__lt=moment - _AT_LEAST))
    rows = due.order_by("looked_at").values_list("pk", "n", "looked_at")
    return [pk for pk, n, looked_at in rows if looked_at is None or looked_at < moment - n / _PER_S * _SECOND]


@transaction.atomic
def look_at(monitor_id: UUID) -> BiasMonitor | None:
    """Judge what was counted, end the period if it is over, and return the monitor; None if another does it now."""
    locked = BiasMonitor.objects.select_for_update(skip_locked=True, of=("self",)).select_related("organization")
    monitor = locked.filter(pk=monitor_id).first()
    if monitor is None:
        return None
    spec = MonitorSpec.model_validate(monitor.spec)
    cells = cells_of(monitor, monitor.period, [one.name for one in spec.attributes])
    pairs = pairs_in(tallies_in(cells, spec.attributes), spec.references)
    findings = look(pairs, spec.terms, _before(monitor))
    monitor.n, monitor.looked_at, monitor.is_stale = sum(cell.n for cell in cells), now(), False
    monitor.findings = [as_json(finding) for finding in findings]
    remembered = {one.pair.key: [one.p, one.standing.value] for one in findings}
    unknown: dict[str, Json] = {**unknown_in(cells, spec.attributes)}
    monitor.memory = {**monitor.memory, "pairs": remembered, "unknown": unknown}
    _keep(monitor, findings)
    _follow(monitor, worst(findings), closes=False)
    if _is_over(monitor, spec) and any(pair.is_enough(spec.terms) for pair in pairs):
        _close(monitor, planned_look(pairs, spec.terms))
    monitor.save()
    ring(monitor.organization_id, "bias")
    return monitor


def _close(monitor: BiasMonitor, findings: list[Finding]) -> None:
    """End the period with the look that was planned for it."""
    standing = worst(findings)
    said: list[Json] = [as_json(finding) for finding in findings]
    Look.objects.create(
        monitor=monitor, period=monitor.period, at=now(), n=monitor.n, is_planned=True, standing=standing.value,
        findings=said,
    )  # fmt: skip
    record("BiasPeriodEnded", monitor, SYSTEM, period=monitor.period, n=monitor.n, standing=standing.value,
           findings=said)  # fmt: skip
    _follow(monitor, standing, closes=True)
    begin_period(monitor)


def _follow(monitor: BiasMonitor, standing: Standing, *, closes: bool) -> None:
    acknowledged = str(monitor.memory.get("acknowledged", ""))
    state = next_state(monitor.state, standing, acknowledged, closes=closes)
    if state == monitor.state:
        return
    before, monitor.state, monitor.state_at = monitor.state, state, now()
    if state in (MonitorState.WATCH, MonitorState.BREACH):
        monitor.note, monitor.noted_by = "", ""
    details: dict[str, Json] = {"before": before, "after": state.value, "period": monitor.period, "n": monitor.n}
    record("BiasStateChanged", monitor, SYSTEM, **details, planned=closes, findings=monitor.findings)


def _keep(monitor: BiasMonitor, findings: list[Finding]) -> None:
    """Keep the look: beside the last one, or in its place where hardly anything has changed."""
    standing = worst(findings).value
    last = monitor.looks.filter(period=monitor.period).order_by("-at").first()
    if last is not None and last.standing == standing and monitor.n < last.n * _GROWTH + 1:
        last.at, last.n, last.findings = now(), monitor.n, monitor.findings
        last.save(update_fields=["at", "n", "findings"])
        return
    Look.objects.create(
        monitor=monitor, period=monitor.period, at=now(), n=monitor.n, standing=standing, findings=monitor.findings
    )


def _is_over(monitor: BiasMonitor, spec: MonitorSpec) -> bool:
    if spec.period_decisions is not None:
        return monitor.n >= spec.period_decisions
    began = monitor.period_began_at
    return began is not None and now() >= began + timedelta(days=spec.period_days)


def _before(monitor: BiasMonitor) -> dict[str, Before]:
    kept = monitor.memory.get("pairs", {})
    return {key: Before(p, Standing(standing)) for key, (p, standing) in kept.items()}
