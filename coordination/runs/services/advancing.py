"""Many runs move on in one transaction: what was finished is written down, what comes next is begun.

One commit serves all of them. Nothing is begun before its claim is committed, and no transaction is open while it is
worked on.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from django.db import DataError, InterfaceError, OperationalError, transaction

from coordination.engine.flow import events as ev
from coordination.engine.flow.neighbours import neighbours
from coordination.engine.flow.state import RUN_ENDED, StepStatus
from coordination.runs.effects import carry_out
from coordination.runs.inner_costs import count_inner
from coordination.runs.loading import Loaded, Wanted, lock_all, save
from coordination.runs.models import Run, WorkItem, WorkKind
from coordination.runs.queue import StillHeld
from coordination.runs.services.claiming import Hand, give_up_for_now, may_begin, take_on
from coordination.runs.services.finishing import accept, give_back, jitter, too_late
from coordination.runs.services.setbacks import let_go, set_back
from coordination.runs.work import Abandoned, Failed, Outcome, Work

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finished:
    """Work that has an outcome, under the item that it was begun under; `keep` lets the worker go on with the run."""

    item: WorkItem
    work: Work
    outcome: Outcome | Abandoned
    keep: bool = True


Move = Finished | WorkItem


class Advancer:
    """Moves runs for one worker, and remembers them while it is busy with them."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self._known: dict[UUID, Loaded] = {}

    def advance(self, moves: Sequence[Move], *, keep: bool = True) -> list[tuple[WorkItem, Work]]:
        """Make these moves and return the work that may begin now; one that goes wrong does not cost the others."""
        if not moves:
            return []
        hand = Hand(self.hand.worker, self.hand.pool, keep)
        try:
            return self._together(moves, hand)
        except (InterfaceError, OperationalError):
            raise
        except Exception:
            if len(moves) > 1:
                logger.warning("One of %d moves went wrong; each is made by itself.", len(moves), exc_info=True)
                return [begun for move in moves for begun in self.advance([move], keep=keep)]
            return self._by_itself(moves[0], hand)

    def forget(self) -> None:
        """Read every run afresh the next time."""
        self._known.clear()

    def _together(self, moves: Sequence[Move], hand: Hand) -> list[tuple[WorkItem, Work]]:
        known, self._known = self._known, {}
        try:
            with transaction.atomic():
                found, begun = _moved(moves, known, hand)
        except BaseException:
            # What was read and then changed in vain must not be taken for the truth.
            self._known = {key: value for key, value in known.items() if key not in {_run_of(m) for m in moves}}
            raise
        busy = {item.run_id for item, _ in begun}
        sound = {key: value for key, value in found.items() if key in busy and not value.outdated}
        self._known = {key: value for key, value in known.items() if key not in found} | sound
        return begun

    def _by_itself(self, move: Move, hand: Hand) -> list[tuple[WorkItem, Work]]:
        """Make a move that went wrong so that its step fails, if it must, where people see it."""
        logger.exception("A move of run %s went wrong.", _run_of(move))
        if not isinstance(move, Finished):
            set_back(move)
            return []
        alone = Hand(hand.worker, hand.pool, keep=False)
        try:
            # What goes wrong may be the next step, which is left to a claim of its own.
            return self._together([move], alone)
        except (InterfaceError, OperationalError):
            raise
        except Exception as error:
            logger.exception("The result of %s in run %s could not be taken.", move.work.step_key, _run_of(move))
            return self._refuse(_refused(move, error), alone)

    def _refuse(self, failed: Finished, hand: Hand) -> list[tuple[WorkItem, Work]]:
        """Fail a step whose outcome could not be taken; if not even that goes well, the sweep looks after it."""
        try:
            return self._together([failed], hand)
        except (InterfaceError, OperationalError):
            raise
        except Exception:
            logger.exception("%s in run %s cannot even fail.", failed.work.step_key, _run_of(failed))
            let_go(failed.item)
            return []


def _moved(
    moves: Sequence[Move], known: dict[UUID, Loaded], hand: Hand
) -> tuple[dict[UUID, Loaded], list[tuple[WorkItem, Work]]]:
    keys: dict[UUID, set[str]] = {}
    for move in moves:
        key = _key_of(move)
        keys.setdefault(_run_of(move), set()).update({key, key.partition("[")[0]} - {""})
    houses = {_run_of(move): _item_of(move).organization_id for move in moves}
    holding = StillHeld([_item_of(move) for move in moves], hand.worker)
    wanted = [Wanted(run_id, houses[run_id], frozenset(named)) for run_id, named in keys.items()]
    found = lock_all(wanted, known, beside=holding.send)
    held = holding.ids()
    own = [_item_of(move).id for move in moves]
    for run_id, loaded in found.items():
        loaded.registry.admission.own = own
        loaded.rows.fetch(keys[run_id])
        loaded.rows.fetch(neighbours(loaded.plan, loaded.state, keys[run_id]))
    begun = []
    for move in moves:
        if _run_of(move) not in found:
            continue
        # A copy: if all this is undone, the next try begins with what is in the queue.
        loaded, item = found[_run_of(move)], _item_of(move).copy()
        if item.id not in held:
            _note_late(loaded, move)
        elif work := _move(loaded, move, item, hand):
            begun.append((item, work))
    save(list(found.values()))
    return found, begun


def _move(loaded: Loaded, move: Move, item: WorkItem, hand: Hand) -> Work | None:
    kind = item.kind
    if isinstance(move, Finished):
        if item.agent_id is not None:
            loaded.queue.freed.append((item.agent_id, item.pool))
        effects = _taken(loaded, move.work, move.outcome)
        hand = replace(hand, keep=hand.keep and move.keep)
    elif loaded.run.organization.halted_at is not None:
        give_up_for_now(loaded, item)
        return None
    else:
        effects = _MEANING[kind](loaded, item)
    own = (loaded.run.pk, _key_of(move)) if kind == WorkKind.PERFORM else None
    work = take_on(loaded, carry_out(loaded, effects), hand, item)
    # Its own item has been moved or removed already: nearly every batch is spared a statement that looks for others.
    loaded.queue.closed = [closed for closed in loaded.queue.closed if closed != own]
    return work


def _note_late(loaded: Loaded, move: Move) -> None:
    """Take note of an outcome that nobody waits for any longer."""
    if isinstance(move, Finished) and not isinstance(move.outcome, Abandoned):
        too_late(loaded, move.work, move.outcome)


def _taken(loaded: Loaded, work: Work, outcome: Outcome | Abandoned) -> list[ev.Effect]:
    return give_back(loaded, work, outcome) if isinstance(outcome, Abandoned) else accept(loaded, work, outcome)


def _perform(loaded: Loaded, item: WorkItem) -> list[ev.Effect]:
    ready = loaded.rows[item.step_key].status == StepStatus.READY and may_begin(loaded)
    return [ev.Offer(item.step_key)] if ready else []


def _wake(loaded: Loaded, item: WorkItem) -> list[ev.Effect]:
    purpose: Literal["wake", "timeout"] = "wake" if item.kind == WorkKind.WAKE else "timeout"
    return loaded.take(ev.TimerFired(item.step_key, purpose, item.attempt, jitter()))


def _child_ended(loaded: Loaded, item: WorkItem) -> list[ev.Effect]:
    # A map that was repeated counts its items' attempts anew: the last of these runs is the one that is waited for.
    same = Run.objects.filter(parent_id=loaded.run.pk, parent_step=item.step_key, parent_attempt=item.attempt)
    child = same.order_by("-id").first()
    if child is None or child.status not in RUN_ENDED or loaded.state.ended:
        return _child_spent(loaded, item)
    loaded.run.risk = max((risk for risk in (loaded.run.risk, child.risk) if risk is not None), default=None)
    ended = ev.ChildEnded(item.step_key, child.status, child.output, child.error, item.attempt, jitter())
    return loaded.take(ended, run=str(child.pk), cost_microusd=count_inner(loaded, item.step_key))


def _child_spent(loaded: Loaded, item: WorkItem) -> list[ev.Effect]:
    more = count_inner(loaded, item.step_key)
    if more:
        loaded.note("InnerCostCounted", item.step_key, {"cost_microusd": more})
    return []


def _cancel(loaded: Loaded, _item: WorkItem) -> list[ev.Effect]:
    if loaded.state.ended:
        return []
    return loaded.take(ev.RunCancelled("The run that this one is a part of went on without it."))


_MEANING: dict[str, Callable[[Loaded, WorkItem], list[ev.Effect]]] = {
    WorkKind.PERFORM: _perform,
    WorkKind.WAKE: _wake,
    WorkKind.TIMEOUT: _wake,
    WorkKind.CHILD_ENDED: _child_ended,
    WorkKind.CHILD_SPENT: _child_spent,
    WorkKind.CANCEL: _cancel,
}


def _refused(finished: Finished, error: Exception) -> Finished:
    """Return a failure in the place of an outcome that cannot be taken."""
    if isinstance(error, DataError):  # JSON that PostgreSQL cannot keep.
        said = Failed("bad-result", "The result holds characters that cannot be stored.", retryable=False)
    else:
        said = Failed("internal-error", "The result could not be taken; the log says why.", retryable=False)
    return Finished(finished.item, finished.work, said)


def _item_of(move: Move) -> WorkItem:
    return move.item if isinstance(move, Finished) else move


def _run_of(move: Move) -> UUID:
    return _item_of(move).run_id


def _key_of(move: Move) -> str:
    return move.work.step_key if isinstance(move, Finished) else move.step_key
