"""What state a monitor is in: what the numbers say, and what people said to it."""

from coordination.bias.models import BiasMonitor, MonitorState
from coordination.engine.trust.bias import Standing

ALARMS = (MonitorState.WATCH, MonitorState.BREACH)
ANSWERABLE = (*ALARMS, MonitorState.ACKNOWLEDGED)


def next_state(state: str, standing: Standing, acknowledged: str, *, closes: bool) -> MonitorState:
    """Return the state after a look; `acknowledged` is the alarm that a person took on, `closes` a planned look.

    An alarm is not taken back by the looks of its period. A breach ends only when a person says what was done.
    """
    match MonitorState(state):
        case MonitorState.BREACH:
            return MonitorState.BREACH
        case MonitorState.ACKNOWLEDGED:
            is_worse = standing is Standing.BREACH and acknowledged != MonitorState.BREACH
            return MonitorState.BREACH if is_worse else MonitorState.ACKNOWLEDGED
        case MonitorState.WATCH | MonitorState.MITIGATED if standing.rank <= Standing.NO_EVIDENCE.rank:
            is_over = closes and standing is Standing.NO_EVIDENCE
            return MonitorState.NO_EVIDENCE if is_over else MonitorState(state)
    return MonitorState(standing.value)


def is_held(monitor: BiasMonitor) -> bool:
    """Tell whether decisions of this type wait for a person now."""
    if not monitor.spec.get("on_breach", {}).get("require_approval"):
        return False
    taken_on = monitor.state == MonitorState.ACKNOWLEDGED and monitor.memory.get("acknowledged") == MonitorState.BREACH
    return taken_on or monitor.state == MonitorState.BREACH
