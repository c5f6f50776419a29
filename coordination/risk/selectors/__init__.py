from coordination.risk.selectors.outcomes import (
    BandOutcomes,
    answers_as_sure,
    forecasts_of_confidence,
    forecasts_of_likelihood,
    outcome_of,
    outcomes_of_run,
    shares_by_band,
)
from coordination.risk.selectors.records import Known, known_of, records_of, records_of_agent
from coordination.risk.selectors.register import history_of, overdue, registered, registered_risk, risks_about
from coordination.risk.selectors.stamp import NO_STAMP, stamp_beside, stamp_of
from coordination.risk.selectors.tables import tables_history, tables_of, tables_version
from coordination.risk.selectors.tracks import drift_since, severe_at, track_of

__all__ = [
    "NO_STAMP",
    "BandOutcomes",
    "Known",
    "answers_as_sure",
    "drift_since",
    "forecasts_of_confidence",
    "forecasts_of_likelihood",
    "history_of",
    "known_of",
    "outcome_of",
    "outcomes_of_run",
    "overdue",
    "records_of",
    "records_of_agent",
    "registered",
    "registered_risk",
    "risks_about",
    "severe_at",
    "shares_by_band",
    "stamp_beside",
    "stamp_of",
    "tables_history",
    "tables_of",
    "tables_version",
    "track_of",
]
