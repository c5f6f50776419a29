"""The record is read in the order of transactions: nothing is lost, nothing is told twice."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Membership
from coordination.agents.services import resume_agent, suspend_agent
from coordination.notifications.models import InboxItem, Notice, RecordReader
from coordination.notifications.services import forget_old, read_records
from coordination.notifications.services.forgetting import KEPT
from coordination.runs.services import stop_organization
from coordination.shared.clock import now
from tests.integration.approvals.desk import Desk
from tests.integration.notifications.support import Told
from tests.integration.runs.conftest import make_world

pytestmark = pytest.mark.django_db(transaction=True)
_LONGEST_S = 60


@pytest.fixture
def told(settings: Any) -> Told:
    return Told(Desk(make_world(settings)))


def until(done: Callable[[], bool]) -> None:
    """Read until it is done: other tests' transactions on the same server may hold the reader back for a moment."""
    given_up_at = time.monotonic() + _LONGEST_S
    while time.monotonic() < given_up_at:
        read_records()
        if done():
            return
        time.sleep(0.02)
    raise TimeoutError("A transaction on this server has been running for a minute.")


def stop_and_go(told: Told, admin: Membership) -> None:
    suspend_agent(told.organization, "planner", Actor.of(admin), "odd")
    resume_agent(told.organization, "planner", Actor.of(admin))


def test_what_is_committed_is_told_once(told: Told) -> None:
    admin, manager = told.person("admin", "admin"), told.person("manager", "manager")
    stop_and_go(told, admin)
    until(lambda: told.inbox(manager) == ["agent.suspended"])
    until(lambda: RecordReader.objects.get().read_below > 0)
    assert read_records() == 0
    stop_and_go(told, admin)
    until(lambda: told.inbox(manager) == ["agent.suspended"] * 2)


def test_what_is_rolled_back_is_not_told_and_what_commits_late_is(told: Told) -> None:
    admin, manager = told.person("admin", "admin"), told.person("manager", "manager")
    with transaction.atomic():
        stop_and_go(told, admin)
        transaction.set_rollback(True)
    began, may_commit = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            suspend_agent(told.organization, "echo", Actor.of(admin), "odd")
            began.set()
            may_commit.wait(_LONGEST_S)
        connection.close()

    writer = threading.Thread(target=slowly)
    writer.start()
    began.wait(_LONGEST_S)
    # A later transaction commits first; the reader must not go past the one that is still open.
    stop_organization(told.organization, Actor.of(admin), "odd")
    read_records()
    assert told.inbox(manager) == []
    may_commit.set()
    writer.join(_LONGEST_S)
    until(lambda: len(told.inbox(manager)) == 2)
    assert sorted(told.inbox(manager)) == ["agent.suspended", "stop.pulled"]


def test_readers_at_once_tell_once(told: Told) -> None:
    admin, manager = told.person("admin", "admin"), told.person("manager", "manager")
    for _ in range(5):
        stop_and_go(told, admin)

    def read() -> None:
        read_records()
        connection.close()

    readers = [threading.Thread(target=read) for _ in range(6)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(_LONGEST_S)
    until(lambda: len(told.inbox(manager)) == 5)


def test_after_a_move_to_another_cluster_nothing_is_lost_or_told_twice(told: Told) -> None:
    admin, manager = told.person("admin", "admin"), told.person("manager", "manager")
    stop_and_go(told, admin)
    until(lambda: len(told.inbox(manager)) == 1)
    # There, transactions bore other numbers.
    RecordReader.objects.update(system_id="elsewhere", read_below=2**60)
    stop_and_go(told, admin)
    until(lambda: len(told.inbox(manager)) == 2)
    assert Notice.objects.filter(topic="agent.suspended").count() == 2


def test_reading_costs_the_same_for_ten_records_as_for_twenty(told: Told) -> None:
    admin = told.person("admin", "admin")
    told.person("manager", "manager")

    read_records()

    def cost(n: int) -> int:
        for _ in range(n):
            told.desk.asked(actor=Actor.of(admin))
        until_nothing_runs()
        with CaptureQueriesContext(connection) as captured:
            assert read_records() >= n
        return len(captured)

    assert cost(10) == cost(20)


def until_nothing_runs() -> None:
    """Wait until no other transaction on this server is older than ours."""
    with connection.cursor() as cursor:
        given_up_at = time.monotonic() + _LONGEST_S
        while time.monotonic() < given_up_at:
            cursor.execute("SELECT pg_snapshot_xmin(s) = pg_snapshot_xmax(s) FROM pg_current_snapshot() AS s")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise TimeoutError


def test_what_is_old_is_forgotten(told: Told) -> None:
    admin = told.person("admin", "admin")
    told.person("manager", "manager")
    stop_and_go(told, admin)
    until(InboxItem.objects.exists)
    assert forget_old() == 0
    Notice.objects.update(at=now() - KEPT * 1.01)
    assert forget_old() == 1
    assert not InboxItem.objects.exists()


def test_a_removed_member_is_no_obstacle(told: Told) -> None:
    told.person("reviewer")
    told.desk.asked(actor=SYSTEM)
    Membership.objects.all().delete()
    until(lambda: RecordReader.objects.get().read_below > 0)
    assert not InboxItem.objects.exists()
