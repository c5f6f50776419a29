from coordination.insights.services.collecting import collect_outcomes, collect_run
from coordination.insights.services.demoting import demote_agents
from coordination.insights.services.guarding import draw_allowed, guard_judgement
from coordination.insights.services.heeding import heed_verdicts
from coordination.insights.services.holding import acknowledge, look_at, mitigate, remove_monitor, save_monitor
from coordination.insights.services.marking import mark_outcome
from coordination.insights.services.probing import perform_probe, ring_for_lost_probes, start_probe
from coordination.insights.services.reading import read_decisions
from coordination.insights.services.watching import measure, watch
from coordination.insights.services.yearly import year_of

__all__ = [
    "acknowledge",
    "collect_outcomes",
    "collect_run",
    "demote_agents",
    "draw_allowed",
    "guard_judgement",
    "heed_verdicts",
    "look_at",
    "mark_outcome",
    "measure",
    "mitigate",
    "perform_probe",
    "read_decisions",
    "remove_monitor",
    "ring_for_lost_probes",
    "save_monitor",
    "start_probe",
    "watch",
    "year_of",
]
