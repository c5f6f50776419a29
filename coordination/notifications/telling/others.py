"""What records about runs, agents, stops, bias, budgets, triggers, policies, reports and webhooks mean for people."""

from collections.abc import Callable, Mapping
from functools import partial
from uuid import UUID

from django.urls import reverse

from coordination.accounts.rights import Right
from coordination.audit.models import AuditEvent
from coordination.bias.models import MonitorState
from coordination.notifications.telling.scene import RUN, Scene
from coordination.notifications.telling.told import Meaning, Told


def _run_ended(topic: str, scene: Scene, record: AuditEvent) -> Meaning:
    """Tell whoever started a run, or those in charge where nobody did; a part of another run is that run's matter."""
    run = scene.run(record)
    if run is None or run.parent_id is not None:
        return Meaning()
    people = scene.member(run.started_by_id) or scene.with_right(Right.RUN_CONTROL)
    return _meaning(topic, f"{RUN}{run.pk}", reverse("run", args=[run.pk]), people)


def _agent_suspended(scene: Scene, record: AuditEvent) -> Meaning:
    name = _name(record)
    people = scene.with_right(Right.STOP, but=record)
    return _meaning("agent.suspended", record.object, reverse("agent", args=[name]), people, name)


def _agent_flooding(scene: Scene, record: AuditEvent) -> Meaning:
    name = _name(record)
    people = scene.named(record.data.get("to"))
    return _meaning("agent.flooding", record.object, reverse("agent", args=[name]), people, name)


def _stop_pulled(scene: Scene, record: AuditEvent) -> Meaning:
    title = _name(record) or "Everything"
    return _meaning("stop.pulled", record.object, reverse("stops"), scene.with_right(Right.STOP, but=record), title)


def _bias(scene: Scene, record: AuditEvent) -> Meaning:
    if record.data.get("after") != MonitorState.BREACH:
        return Meaning()
    name = _name(record)
    people = scene.with_right(Right.BIAS_EDIT, Right.AUDIT_READ)
    return _meaning("bias.breach", record.object, reverse("bias-monitor", args=[name]), people, name)


def _budget(scene: Scene, record: AuditEvent) -> Meaning:
    """Tell once a day of a budget of the day; one that a run brings with it is that run's matter."""
    day, _, whose = str(record.data.get("scope", "")).partition("/")
    if not day.startswith("day:"):
        return Meaning()
    kind, _, name = whose.partition(":")
    title = f"The day's budget of the {kind} {name}" if whose else "The day's budget of everything"
    people = scene.with_right(Right.BUDGET_EDIT, Right.RUN_CONTROL)
    return _meaning("budget.spent", "", reverse("budgets"), people, title, f"budget/{record.data['scope']}")


def _trigger(scene: Scene, record: AuditEvent) -> Meaning:
    """Tell of a trigger that is refused once an hour, however often it is."""
    name = _name(record)
    people, link = scene.with_right(Right.TRIGGER_EDIT), reverse("trigger", args=[name])
    return _meaning(
        "trigger.refused", record.object, link, people, name, f"trigger/{name}/{record.occurred_at:%Y-%m-%dT%H}"
    )


def _policy(scene: Scene, record: AuditEvent) -> Meaning:
    name = _name(record)
    people = scene.with_right(Right.POLICY_EDIT, Right.AUDIT_READ, but=record)
    return _meaning("policy.changed", record.object, reverse("policy", args=[name]), people, name)


def _report(topic: str, scene: Scene, record: AuditEvent) -> Meaning:
    data = record.data
    title = f"Report from {str(data.get('since', ''))[:10]} to {str(data.get('until', ''))[:10]}"
    link = reverse("report", args=[_name(record)])
    return _meaning(topic, record.object, link, scene.with_right(Right.REPORT_EDIT), title)


def _webhook(scene: Scene, record: AuditEvent) -> Meaning:
    people = scene.with_right(Right.NOTIFICATION_EDIT)
    link = reverse("webhook", args=[_name(record)])
    return _meaning("webhook.failing", record.object, link, people, str(record.data.get("name", "")))


def _delegation(scene: Scene, record: AuditEvent) -> Meaning:
    data = record.data
    title = f"{data.get('giver', '')} to {data.get('taker', '')}"
    people = scene.named(data.get("to"))
    return _meaning("approval.delegation", record.object, reverse("approvals"), people, title)


def _meaning(topic: str, about: str, link: str, people: Mapping[UUID, str], title: str = "", key: str = "") -> Meaning:
    told = Told(topic, about, link, people, title=title[:300], key=key)
    return Meaning([told])


def _name(record: AuditEvent) -> str:
    """Return the name of what a record is about: `agent:writer` is about writer."""
    return record.object.partition(":")[2]


_Reader = Callable[[Scene, AuditEvent], Meaning]
READERS: Mapping[str, _Reader] = {
    "RunFailed": partial(_run_ended, "run.failed"),
    "RunSucceeded": partial(_run_ended, "run.finished"),
    "AgentSuspended": _agent_suspended,
    "AgentFlooded": _agent_flooding,
    "WorkflowStopped": _stop_pulled,
    "OrganizationStopped": _stop_pulled,
    "BiasStateChanged": _bias,
    "BudgetRefused": _budget,
    "TriggerRefused": _trigger,
    "PolicyPublished": _policy,
    "ReportMade": partial(_report, "report.made"),
    "ReportFailed": partial(_report, "report.failed"),
    "WebhookFailing": _webhook,
    "DelegationMade": _delegation,
    "DelegationEnded": _delegation,
}
# Records that come with every run: they are read only where somebody wants to be told.
FREQUENT: Mapping[str, str] = {"RunSucceeded": "run.finished"}
