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
from dataclasses import dataclass
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
from coordination.runs.work import ActionWork, Work

logger = logging.getLogger(__name__)

BEAT_S = 2.0
# While others wait for a place, a run is carried for so long at most.
SLICE_S = 2.0
# What ends within this time of the first is written down with it.
_GATHER_S = 0.001
# A doorbell that this worker has no room for goes on to others, but not more often than this.
_PASS_ON_S = 0.1
_PAUSES_S = (0.1, 0.3, 1.0, 3.0)


@dataclass(slots=True)
class _Busy:
    """Work that is being done."""

    item: WorkItem
    work: Work
    call: Call[Result]
    deadline: float


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
        self._inbox: SimpleQueue[Finished | UUID | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._serving = False
        self._stopping = threading.Event()
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
        finally:
            heart.set()
            with self._lock:
                self._serving = False
            connection.close()

    def stop(self) -> None:
        """Begin nothing any more; what is being done is finished."""
        self._stopping.set()
        self._inbox.put(None)

    # --- the loop --------------------------------------------------------------------------------------------

    def _serve(self, until: float) -> bool:
        """Go round once; False when there is nothing left to do."""
        ending = self._stopping.is_set() or time.monotonic() > until
        moves, rung = self._gathered()
        items: list[WorkItem] = []
        if not ending:
            items = self._reserved(rung, self.places - len(self._busy) - len(moves))
        elif rung:
            self._pass_on()
        for item, work in self._advanced([*moves, *items], ending=ending):
            self._start(item, work)
        if self._busy or not self._inbox.empty() or (items and not ending):
            return True
        with self._lock:
            self._serving = not self._inbox.empty()
            return self._serving

    def _gathered(self) -> tuple[list[Move], bool]:
        """Wait for something to happen and return the outcomes so far, and whether the bell rang."""
        found = self._waited_for()
        if found and self._busy:
            time.sleep(_GATHER_S)
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._inbox.get_nowait())
        moves: list[Move] = []
        for one in found:
            if isinstance(one, Finished) and one.item.id in self._busy:
                del self._busy[one.item.id]
                moves.append(one)
            elif isinstance(one, UUID):
                self._let_go(one)
        return moves + self._overdue(), None in found

    def _waited_for(self) -> "list[Finished | UUID | None]":
        nearest = min((busy.deadline for busy in self._busy.values()), default=None)
        wait_s = max(0.0, nearest - time.monotonic()) if nearest is not None else 0.0
        with contextlib.suppress(queue.Empty):
            return [self._inbox.get(timeout=min(wait_s, 60.0))]
        return []

    def _overdue(self) -> list[Move]:
        """Give up what is not done in its time."""
        moment = time.monotonic()
        late = [busy for busy in self._busy.values() if busy.deadline <= moment and busy.call.give_up()]
        for busy in late:
            del self._busy[busy.item.id]
        return [Finished(busy.item, busy.work, outcome_in_vain(busy.work)) for busy in late]

    def _let_go(self, item_id: UUID) -> None:
        """Stop working on what was taken back: the run was cancelled, or others have it now."""
        busy = self._busy.get(item_id)
        if busy is None:
            return
        busy.call.stopping.set()
        # What a tool did is written down even now; of an agent nobody wants to know any more.
        if not isinstance(busy.work, ActionWork) and busy.call.give_up():
            del self._busy[item_id]

    def _reserved(self, rung: bool, room: int) -> list[WorkItem]:
        if room <= 0:
            if rung and time.monotonic() > self._passed_at + _PASS_ON_S:
                self._pass_on()
            return []
        if not (rung or self._more):
            return []
        work_queue.answer(self.pool)
        try:
            items = work_queue.reserve(self.worker, self.pool, room)
        except (InterfaceError, OperationalError):
            logger.warning("Could not look for work; the next sweep rings again.", exc_info=True)
            connection.close()
            items = []
        # A full hand: there may be more, for this worker when it has room, and for others now.
        self._more = len(items) == room
        if self._more:
            self._pass_on()
        return items

    def _pass_on(self) -> None:
        """Ring for another worker; it may be this one that hears it, and then it is passed on again."""
        self._passed_at = time.monotonic()
        work_queue.answer(self.pool)
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

        call = Call(code_of(work), reach_of(work), ended)
        self._busy[item.id] = _Busy(item, work, call, time.monotonic() + work.timeout_s)
        self._crew.start(call)

    # --- leases ----------------------------------------------------------------------------------------------

    def _beat(self, ended: threading.Event) -> None:
        """Keep the leases alive with one statement a beat, and tell the loop which ones were taken back."""
        while not ended.wait(BEAT_S):
            before = set(self._busy)
            if not before:
                continue
            try:
                for item_id in before - work_queue.renew(self.worker):
                    self._inbox.put(item_id)
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
