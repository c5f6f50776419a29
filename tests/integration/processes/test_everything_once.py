"""The whole product in a home of its own; each of its processes is killed once in the middle of load."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.conf import settings

from coordination import embedded
from tests.integration.processes.conftest import wait_until
from tests.integration.processes.inside import N_STEPS
from tests.up import Up, environment_of, manage, processes_of

RUNS = 150
_ENDED = "SELECT count(*) FROM runs_run WHERE status IN ('succeeded', 'failed', 'cancelled')"
_MOST = "SELECT COALESCE(max(n), 0) FROM (SELECT count(*) AS n FROM audit_auditevent WHERE kind = %s GROUP BY object) x"


class House:
    """The product at work, seen from outside."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.up = Up(home, AGENT_MODULES="tests.acting")
        self.up.wait_for_line("Ready:")

    def ask(self, statement: str, *values: Any) -> Any:
        with psycopg.connect(embedded.database_url(self.home)) as connection:
            row = connection.execute(statement, values).fetchone()
        assert row is not None
        return row[0]

    def begin(self, count: int) -> None:
        command = [sys.executable, "-m", "tests.integration.processes.inside", str(count)]
        environment = environment_of(self.home, AGENT_MODULES="tests.acting")
        subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True)

    def wait_for_ends(self, count: int, within_s: float = 60.0) -> None:
        wait_until(lambda: self.ask(_ENDED) >= count, within_s)

    def kill(self, words: str) -> None:
        next(one for one in processes_of(self.home) if words in " ".join(one.cmdline())).kill()

    def restart_postgres(self) -> None:
        """End it as an administrator would, in the middle of transactions; its keeper starts it again."""
        pid_file = self.home / "postgres" / "postmaster.pid"
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        os.kill(process.pid, signal.SIGINT)
        process.wait(20)
        wait_until(lambda: pid_file.exists() and "ready" in pid_file.read_text())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "home")
    yield made
    made.up.stop()


def test_each_process_can_be_killed_in_the_middle_of_load(house: House) -> None:
    house.begin(RUNS)
    house.wait_for_ends(5)
    for words in ("uvicorn", "--quiet beat", "valkey-server"):
        house.kill(words)
    house.wait_for_ends(RUNS // 4)
    house.restart_postgres()
    house.wait_for_ends(RUNS // 2)
    assert house.ask(_ENDED) < RUNS
    house.kill("--queues io")
    house.wait_for_ends(RUNS)
    unknown = house.ask("SELECT count(*) FROM runs_toolcall WHERE status = 'unknown'")
    assert house.ask("SELECT count(*) FROM runs_run WHERE status = 'succeeded'") == RUNS - unknown
    assert house.ask("SELECT count(*) FROM audit_auditevent WHERE kind = 'StepSucceeded'") == RUNS * N_STEPS - unknown
    assert (house.ask(_MOST, "StepSucceeded"), house.ask(_MOST, "ActionReleased")) == (1, 1)
    verified = manage(house.home, "audit", "verify")
    assert verified.returncode == 0, verified.stdout
