"""One terminal runs everything, and stops all of it; the tests tell one story in one home folder."""

import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from coordination import embedded
from tests.up import Up, manage, processes_of, wait_for


@pytest.fixture(scope="module")
def up(home: Path) -> Iterator[Up]:
    running = Up(home)
    yield running
    if running.process.poll() is None:
        running.process.kill()


@pytest.fixture(scope="module")
def url(up: Up) -> str:
    return up.wait_for_line("Ready: ").split("Ready: ")[1].strip()


def test_it_names_an_address_that_answers(url: str) -> None:
    with urllib.request.urlopen(f"{url}healthz", timeout=10) as answer:
        assert answer.status == 200


def test_both_workers_start(up: Up) -> None:
    up.wait_for_line("ready.")
    up.wait_for_line("ready.")


def test_a_second_one_in_the_same_home_is_refused(home: Path, url: str) -> None:
    done = manage(home, "up", "--port", "0")
    assert done.returncode == 1
    assert "Another `up` runs already" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_beside_it_uses_its_servers(home: Path, url: str) -> None:
    before = {process.pid for process in processes_of(home) if process.name() == "postgres"}
    assert manage(home, "migrate", "--check").returncode == 0
    assert before <= {process.pid for process in processes_of(home)}


def test_a_killed_worker_is_replaced(up: Up, url: str) -> None:
    killed = up.child("--queues io")
    killed.kill()
    up.wait_for_line("io ended (SIGKILL); it starts again.")
    up.wait_for_line("ready.")
    assert up.child("--queues io").pid != killed.pid


def test_ctrl_c_leaves_no_process_and_keeps_the_data(home: Path, up: Up, url: str) -> None:
    with psycopg.connect(embedded.database_url(home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert up.stop() == 0
    assert processes_of(home) == []


def test_a_second_start_finds_the_data_and_sigterm_stops_it_too(home: Path, up: Up) -> None:
    again = Up(home)
    again.wait_for_line("Ready: ")
    assert not any("migrations applied" in line for line in again.lines)
    with psycopg.connect(embedded.database_url(home)) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert again.stop(signal.SIGTERM) == 0
    assert processes_of(home) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends what is left")
def test_killed_it_takes_all_with_it_and_blocks_no_next_start(home: Path, up: Up) -> None:
    killed = Up(home)
    killed.wait_for_line("Ready: ")
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.process.wait()
    started = time.monotonic()
    again = Up(home)
    again.wait_for_line("Ready: ")
    assert time.monotonic() - started < 20
    assert again.stop() == 0
    assert wait_for(lambda: processes_of(home) == [])


def test_a_port_in_use_is_one_sentence(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = manage(home, "up", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} of 127.0.0.1 is in use" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--demo", "--host", "0.0.0.0"], "--demo has known passwords"),
        (["--workers", "0"], "--workers must be 1 or more"),
        (["--port", "70000"], "A port is a number from 0 to 65535"),
    ],
)
def test_what_makes_no_sense_is_refused(home: Path, words: list[str], sentence: str) -> None:
    done = manage(home, "up", *words)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:1/none"),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:1/0"),
        ("CELERY_BROKER_URL", "amqp://me:hunter2@127.0.0.1:1//"),
        ("DEBUG", "perhaps"),
    ],
)
def test_a_setting_that_cannot_work_is_named_without_its_password(home: Path, variable: str, value: str) -> None:
    done = manage(home, "up", "--port", "0", **{variable: value})
    assert done.returncode == 1
    assert variable in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
