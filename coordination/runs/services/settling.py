"""What came of work after it was given up."""

import logging
import time

from django.db import InterfaceError, OperationalError, connection, transaction

from coordination.runs.late import is_under_way
from coordination.runs.loading import Wanted, lock_all, save
from coordination.runs.services.finishing import too_late
from coordination.runs.work import AgentWork, Outcome, Work

logger = logging.getLogger(__name__)

_PAUSES_S = (0.2, 1.0, 5.0, 30.0)


def settle_late(work: Work, outcome: Outcome) -> None:
    """Write down what it came to, also when the database is away for a moment; for a thread that nobody waits for."""
    for pause_s in _PAUSES_S:
        try:
            if _settle(work, outcome, wait=True):
                return
        except (InterfaceError, OperationalError):
            logger.warning("Could not write down a late result of run %s yet.", work.run_id, exc_info=True)
            connection.close()
        except Exception:  # Nobody is there to hear of it.
            logger.exception("Could not write down a late result of run %s.", work.run_id)
            return
        time.sleep(pause_s)
    _settle(work, outcome, wait=False)


@transaction.atomic
def _settle(work: Work, outcome: Outcome, *, wait: bool) -> bool:
    """Return whether it is done; with `wait`, it is not before the run knows that the work was given up."""
    loaded = lock_all([Wanted(work.run_id, work.organization_id, frozenset([work.step_key]))]).get(work.run_id)
    if loaded is None:
        return True
    if wait and isinstance(work, AgentWork) and is_under_way(loaded, work):
        return False
    too_late(loaded, work, outcome)
    if loaded.entries:
        save([loaded])
    return True
