"""Let what a breach stops wait for a person, and go on again: always together with the monitor's state."""

from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.bias import services as bias
from coordination.bias.manifest import MonitorSpec
from coordination.bias.models import BiasMonitor
from coordination.bias.states import is_held
from coordination.engine.manifest import Manifest
from coordination.policies.services import impose, lift
from coordination.shared.json import Json, JsonObject


def source_of(name: str) -> str:
    """Return by what name policies know a monitor."""
    return f"bias-monitor:{name}"


@transaction.atomic
def save_monitor(organization: Organization, manifest: Manifest, actor: Actor) -> BiasMonitor:
    """Make or change a monitor; raises ManifestInvalid."""
    return _settled(bias.save_monitor(organization, manifest, actor), actor)


@transaction.atomic
def remove_monitor(organization: Organization, name: str, actor: Actor) -> None:
    """Forget a monitor and stop nothing for it any more; raises MonitorUnknown."""
    bias.remove_monitor(organization, name, actor)
    lift(organization, source_of(name), actor)


@transaction.atomic
def acknowledge(monitor: BiasMonitor, actor: Actor, note: str) -> BiasMonitor:
    """Take an alarm on; raises NothingToAcknowledge, ReasonMissing."""
    return _settled(bias.acknowledge(monitor, actor, note), actor)


@transaction.atomic
def mitigate(monitor: BiasMonitor, actor: Actor, note: str) -> BiasMonitor:
    """Say what was done about an alarm; raises NothingToMitigate, ReasonMissing."""
    return _settled(bias.mitigate(monitor, actor, note), actor)


@transaction.atomic
def look_at(monitor: BiasMonitor) -> BiasMonitor | None:
    """Judge what was counted, and stop at once what a breach stops."""
    looked = bias.look_at(monitor.pk)
    return _settled(looked, SYSTEM) if looked is not None else None


def _settled(monitor: BiasMonitor, actor: Actor) -> BiasMonitor:
    source = source_of(monitor.name)
    if is_held(monitor):
        impose(monitor.organization, source, _rule(monitor), actor)
    else:
        lift(monitor.organization, source, actor)
    return monitor


def _rule(monitor: BiasMonitor) -> JsonObject:
    """Return the rule that asks a person about decisions of this type."""
    spec = MonitorSpec.model_validate(monitor.spec)
    asked = spec.on_breach.require_approval
    assert asked is not None  # noqa: S101  (nothing is held without it)
    decision = spec.decision
    what = f"the step {decision.step} of {decision.workflow}" if decision.step else f"calls of {decision.tool}"
    hooks: list[Json] = ["action", "agent.call"] if decision.step else ["action"]
    scope: JsonObject = {"workflows": [decision.workflow]} if decision.workflow else {"actions": [decision.tool]}
    # The items of a map and the rounds of a loop are named step[0], step[1], …
    step = decision.step
    when = f"step.id == '{step}' || step.id.startsWith('{step}[')" if step else "true"
    title = monitor.title or monitor.name
    return {
        "key": "breach",
        "title": "A person looks while a bias alarm lasts",
        "statement": f"{title} found that a group is decided about less favourably: people decide about {what} "
        "until somebody has said what was done.",
        "hooks": hooks,
        "scope": scope,
        "when": when,
        "effect": "require_approval",
        "approval": {"role": asked.role, "group": asked.group, "n_required": asked.n_required},
        "message_to_agent": "A person decides about this for now.",
        "severity": "high",
    }
