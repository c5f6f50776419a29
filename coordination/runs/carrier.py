"""One worker process at work: it carries many runs at once, with one transaction for all that happened meanwhile.

A Celery message is a doorbell: whoever answers it reserves what is due and stays until nothing is left. Agents work in
threads of a crew; this loop alone talks to the queue, so that what ends at the same time is committed together.
"""

import contextlib
import logging
import os
import queue
import secrets
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from coordination.adapters.deadline import Call, Crew
from coordination.adapters.ports import Result
from coordination.runs import queue as work_queue
from coordination.runs.models import WorkItem
from coordination.runs.performing import code_of, outcome_in_vain, outcome_of, reach_of
from coordination.runs.services.advancing import Advancer, Finished, Move
from coordination.runs.services.claiming import Hand
from coordination.runs.services.settling import settle_late
from coordination.runs.work import Abandoned, ActionWork, Work

logger = logging.getLogger(__name__)

BEAT_S = 2.0
# So often it is seen whether what is being done is still wanted: whoever stops an agent must not wait for a second.
LOOK_S = 0.4
# While others wait for a place, a run is carried for so long at most.
SLICE_S = 2.0
# What ends within this time of the first is written down with it.
_GATHER_S = 0.001
# A worker with more than a part of its places taken rings for others, but not more often than this.
_SHARE, _PASS_ON_S = 4, 0.1
# After so long without anything to do between two looks, a worker lets itself be rung for.
_DOZE_S = 0.005
_PAUSES_S = (0.1, 0.3, 1.0, 3.0)


@dataclass(slots=True)
class _Busy:
    """Work that is being done."""

    item: WorkItem
    work: Work
    call: Call[Result]
    deadline: float


@dataclass(frozen=True, slots=True)
class _TakenBack:
    """Work that is not this worker's any more, or that its agent was stopped at; `stopped` says who was."""

    item_id: UUID
    stopped: str = ""


class Carrier:
    """The runs that one process carries for one pool."""

    def __init__(self, pool: str, places: int) -> None:
        # A process that comes after another with the same number must not take its leases for its own.
        self.worker = f"{socket.gethostname()}/{os.getpid()}/{pool}/{secrets.token_hex(3)}"
        self.pool, self.places = pool, places
        self.process = os.getpid()
        self._advancer = Advancer(Hand(self.worker, pool))
        self._crew = Crew()
        self._busy: dict[UUID, _Busy] = {}
        # Since when each item is carried, from step to step.
        self._since: dict[UUID, float] = {}
        self._inbox: SimpleQueue[Finished | _TakenBack | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._serving = False
        self._stopping = threading.Event()
        # Awake it looks for work each time round, and nobody need ring; asleep it is rung for.
        self._awake = False
        self._more = False
        self._passed_at = 0.0

    def answer(self, until: float = float("inf")) -> None:
        """Answer the doorbell: work until nothing is left or the time is over, unless that is being done already."""
        with self._lock:
            self._inbox.put(None)
            if self._serving:
                return
            self._serving = True
        heart = threading.Event()
        threading.Thread(target=self._beat, args=(heart,), name="leases", daemon=True).start()
        try:
            while self._serve(until):
                pass
        except BaseException:
            with self._lock:
                self._serving = False
            raise
        finally:
            heart.set()
            connection.close()

    def stop(self) -> None:
        """Begin nothing any more; what is being done is finished."""
        self._stopping.set()
        self._inbox.put(None)

    # --- the loop --------------------------------------------------------------------------------------------

    def _serve(self, until: float) -> bool:
        """Go round once; False when there is nothing left to do."""
        ending = self._stopping.is_set() or time.monotonic() > until
        moves, look = self._gathered()
        items = [] if ending else self._reserved(self.places - len(self._busy) - len(moves), look=look)
        if ending and look:
            # Whoever counted on this worker to look is heard by another.
            self._awake = self._more = False
            work_queue.answer(self.pool)
            work_queue.ring_now(self.pool)
        begun = self._advanced([*moves, *items], ending=ending)
        moment = time.monotonic()
        self._since = {item.id: self._since.get(item.id, moment) for item, _ in begun} | self._still_busy()
        for item, work in begun:
            self._start(item, work)
        # Nobody rings while a worker is awake: it does not leave before it has fallen asleep and looked once more.
        if self._busy or self._awake or self._more or not self._inbox.empty() or items:
            return True
        with self._lock:
            self._serving = not self._inbox.empty()
            return self._serving

    def _gathered(self) -> tuple[list[Move], bool]:
        """Wait for something to happen and return the outcomes so far, and whether to look for more work."""
        was_awake = self._awake
        found = self._waited_for()
        self._take_more(found)
        if found and len(found) < len(self._busy):
            time.sleep(_GATHER_S)
            self._take_more(found)
        moves: list[Move] = []
        for one in found:
            if isinstance(one, Finished) and one.item.id in self._busy:
                del self._busy[one.item.id]
                moves.append(self._in_turn(one))
            elif isinstance(one, _TakenBack):
                moves += self._abandoned(one) if one.stopped else self._let_go(one.item_id)
        self._awake = self._awake or None in found
        return moves + self._overdue(), was_awake or self._awake or self._more

    def _take_more(self, found: "list[Finished | _TakenBack | None]") -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._inbox.get_nowait())

    def _in_turn(self, finished: Finished) -> Finished:
        """Let a run that was carried for long go back into the queue, if others wait for its place."""
        tired = self._more and time.monotonic() > self._since.get(finished.item.id, 0.0) + SLICE_S
        return replace(finished, keep=not tired)

    def _still_busy(self) -> dict[UUID, float]:
        return {item_id: self._since[item_id] for item_id in self._busy if item_id in self._since}

    def _waited_for(self) -> "list[Finished | _TakenBack | None]":
        nearest = min((busy.deadline for busy in self._busy.values()), default=0.0)
        wait_s = min(max(0.0, nearest - time.monotonic()), _DOZE_S if self._awake else 60.0)
        with contextlib.suppress(queue.Empty):
            return [self._inbox.get(timeout=wait_s)]
        if self._awake:
            # From here on it must be rung for; whatever came before is found by the look that follows.
            self._awake = False
            work_queue.answer(self.pool)
        return []

    def _overdue(self) -> list[Move]:
        """Give up what is not done in its time."""
        moment = time.monotonic()
        late = [busy for busy in self._busy.values() if busy.deadline <= moment and busy.call.give_up()]
        for busy in late:
            del self._busy[busy.item.id]
        return [Finished(busy.item, busy.work, outcome_in_vain(busy.work)) for busy in late]

    def _let_go(self, item_id: UUID) -> list[Move]:
        """Stop working on what was taken back: the run was cancelled, or others have it now."""
        busy = self._busy.get(item_id)
        if busy is not None:
            busy.call.stopping.set()
            # What a tool did is written down even now; of an agent nobody wants to know any more.
            if not isinstance(busy.work, ActionWork) and busy.call.give_up():
                del self._busy[item_id]
        return []

    def _abandoned(self, one: _TakenBack) -> list[Move]:
        """Give up what an agent was stopped at; a tool that acts finishes: what was released stays released."""
        busy = self._busy.get(one.item_id)
        if busy is None or isinstance(busy.work, ActionWork) or not busy.call.give_up():
            return []
        del self._busy[one.item_id]
        who = "The organization" if one.stopped == work_queue.EVERYONE else busy.work.task.agent
        return [Finished(busy.item, busy.work, Abandoned(f"{who} was stopped while it was at work."))]

    def _reserved(self, room: int, *, look: bool) -> list[WorkItem]:
        if room <= 0:
            # Others may have room, and are rung for. When there is some here again, it is looked for.
            if self._awake:
                work_queue.answer(self.pool)
                self._pass_on()
            self._awake, self._more = False, True
        if room <= 0 or not look:
            return []
        try:
            items = work_queue.reserve(self.worker, self.pool, room)
        except (InterfaceError, OperationalError):
            logger.warning("Could not look for work; the next sweep rings again.", exc_info=True)
            connection.close()
            items = []
        self._awake = self._awake or bool(items)
        self._more = len(items) == room
        if self._more or len(self._busy) + len(items) > self.places // _SHARE:
            self._share()
        return items

    def _share(self) -> None:
        """Ring for another worker although this one is awake."""
        if time.monotonic() > self._passed_at + _PASS_ON_S:
            work_queue.answer(self.pool)
            self._pass_on()

    def _pass_on(self) -> None:
        """Ring for another worker, now and then; it may be this one that hears it, and then it is rung again."""
        if time.monotonic() < self._passed_at + _PASS_ON_S:
            return
        self._passed_at = time.monotonic()
        work_queue.ring_now(self.pool)

    def _advanced(self, moves: Sequence[Move], *, ending: bool) -> list[tuple[WorkItem, Work]]:
        """Make the moves, however often the database has to be asked: what a tool did must not go unrecorded."""
        tries = 0
        while True:
            try:
                return self._advancer.advance(moves, keep=not ending)
            except (InterfaceError, OperationalError):
                logger.warning("Could not write down %d moves yet.", len(moves), exc_info=tries == 0)
                self._advancer.forget()
                connection.close()
                time.sleep(_PAUSES_S[min(tries, len(_PAUSES_S) - 1)])
                tries += 1

    def _start(self, item: WorkItem, work: Work) -> None:
        def ended(call: Call[Result]) -> None:
            self._inbox.put(Finished(item, work, outcome_of(work, call)))

        def came_late(call: Call[Result]) -> None:
            settle_late(work, outcome_of(work, call))

        call = Call(code_of(work), reach_of(work), ended, late=came_late, timeout_s=work.timeout_s)
        self._busy[item.id] = _Busy(item, work, call, time.monotonic() + work.timeout_s)
        self._crew.start(call)

    # --- leases ----------------------------------------------------------------------------------------------

    def _beat(self, ended: threading.Event) -> None:
        """Keep the leases alive, and tell the loop what was taken back or stopped; one statement each time."""
        renewed_at = time.monotonic()
        while not ended.wait(LOOK_S):
            before = list(self._busy)
            if not before:
                continue
            try:
                if time.monotonic() >= renewed_at + BEAT_S:
                    work_queue.renew(self.worker, before)
                    renewed_at = time.monotonic()
                held = work_queue.look_after(self.worker, before)
                for item_id in before:
                    if item_id not in held or held[item_id]:
                        self._inbox.put(_TakenBack(item_id, held.get(item_id) or ""))
            except Exception:  # The database may be away; the sweep gives the work to others if it stays away.
                logger.warning("Could not renew %d leases.", len(before), exc_info=True)
                connection.close()
        connection.close()


_carriers: dict[str, Carrier] = {}
_lock = threading.Lock()


def carrier_of(pool: str, places: int) -> Carrier:
    """Return this process's carrier for a pool; a forked process has one of its own."""
    with _lock:
        carrier = _carriers.get(pool)
        if carrier is None or carrier.process != os.getpid():
            carrier = _carriers[pool] = Carrier(pool, places)
        return carrier


def stop_all() -> None:
    """Let every carrier of this process finish what it does and begin nothing new."""
    for carrier in list(_carriers.values()):
        carrier.stop()
