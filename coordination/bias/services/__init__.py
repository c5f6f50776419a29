"""Watch decisions for bias: monitors, what they count, what looks find, and what people say to it."""

from coordination.bias.services.answering import acknowledge, mitigate
from coordination.bias.services.characteristics import Known, forget_attribute, forget_person, put_characteristics
from coordination.bias.services.counting import (
    Decided,
    Joined,
    TurnedOut,
    count_decisions,
    join_outcomes,
    post_decisions,
)
from coordination.bias.services.looking import look_at, monitors_to_look_at
from coordination.bias.services.probing import (
    ask_for_probe,
    begin_probe,
    end_probe,
    give_up_lost_probes,
    tell_progress,
)
from coordination.bias.services.saving import remove_monitor, save_monitor

__all__ = [
    "Decided",
    "Joined",
    "Known",
    "TurnedOut",
    "acknowledge",
    "ask_for_probe",
    "begin_probe",
    "count_decisions",
    "end_probe",
    "forget_attribute",
    "forget_person",
    "give_up_lost_probes",
    "join_outcomes",
    "look_at",
    "mitigate",
    "monitors_to_look_at",
    "post_decisions",
    "put_characteristics",
    "remove_monitor",
    "save_monitor",
    "tell_progress",
]
