"""A worker that is killed in the middle of a backtest: the row says so, and another one does it again."""

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.engine.manifest import Manifest, Metadata
from coordination.policies.models import Backtest, PolicyDecision
from coordination.policies.services import bulk_record, decide, restart_backtest, save_draft, start_backtest
from tests.integration.processes.conftest import Process, Start, beat, kill, wait_until, worker
from tests.integration.runs.conftest import World

pytestmark = pytest.mark.django_db(transaction=True)
N_DECISIONS = 1_500
# Some milliseconds for each decision: long enough to be killed in the middle, short enough to be done again.
SLOW = "facts.many.all(a, facts.many.all(b, a + b > 0))"
FACTS = {"hook": "action", "action.name": "mail.send", "action.known": True, "action.effect": "read"}


def computing_worker(start: Start) -> Process:
    return start("worker", "-P", "prefork", "-c", "1", "-Q", "cpu", "--without-gossip", "--without-mingle")


def tried(world: World) -> Backtest:
    many = {**FACTS, "facts": {"many": list(range(1, 71))}}
    taken = [decide(world.organization, many, subject=f"s{n}", record=False) for n in range(N_DECISIONS)]
    bulk_record(taken)
    rule = {"key": "slow", "statement": "Slow.", "when": SLOW, "effect": "deny"}
    manifest = Manifest(kind="Policy", metadata=Metadata(name="slow"), spec={"rules": [rule]})
    return start_backtest(save_draft(world.organization, manifest, SYSTEM), SYSTEM)


def now_of(backtest: Backtest) -> Backtest:
    backtest.refresh_from_db()
    return backtest


def test_a_killed_worker_leaves_a_row_that_says_so_and_can_be_started_again(world: World, start: Start) -> None:
    backtest = tried(world)
    victim = computing_worker(start)
    wait_until(lambda: 0 < now_of(backtest).done < N_DECISIONS)
    kill(victim)
    died_at = now_of(backtest).done
    assert backtest.status == "running"
    worker(start), beat(start)
    wait_until(lambda: now_of(backtest).status == "lost")
    assert (backtest.done, backtest.report) == (died_at, None)
    assert "Start it again" in backtest.error
    computing_worker(start)
    restart_backtest(backtest, SYSTEM)
    wait_until(lambda: now_of(backtest).status == "finished")
    assert backtest.report is not None
    assert backtest.report["matrix"]["allow"]["deny"] == N_DECISIONS
    assert PolicyDecision.objects.count() == N_DECISIONS
