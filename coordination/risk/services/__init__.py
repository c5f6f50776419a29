from coordination.risk.services.outcomes import Seen, learn, mark, refresh_stale
from coordination.risk.services.registering import change_risk, close_risk, register_risk, reopen_risk, review_risk
from coordination.risk.services.standing import Standing, standing_of
from coordination.risk.services.tables import change_tables, reset_tables

__all__ = [
    "Seen",
    "Standing",
    "change_risk",
    "change_tables",
    "close_risk",
    "learn",
    "mark",
    "refresh_stale",
    "register_risk",
    "reopen_risk",
    "reset_tables",
    "review_risk",
    "standing_of",
]
