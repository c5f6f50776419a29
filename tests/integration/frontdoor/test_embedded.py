"""The embedded servers: started by whoever comes first, ended after the last, never half there."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from coordination import embedded
from coordination.embedded.addresses import LONGEST_FOLDER, sockets
from tests.up import environment_of, manage, processes_of, wait_for

NOTHING_NAMED: dict[str, str] = {}


def leave(uses: list[embedded.Use]) -> None:
    for use in uses:
        use.leave()


def test_they_answer_and_end_with_their_last_user(home: Path) -> None:
    uses = embedded.attach(home, NOTHING_NAMED)
    with psycopg.connect(embedded.database_url(home)) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    with redis.Redis.from_url(embedded.redis_url(home)) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    leave(uses)
    assert processes_of(home) == []


def test_another_user_keeps_them_up(home: Path) -> None:
    program = "import sys, time; from pathlib import Path; from coordination import embedded; "
    program += "embedded.attach(Path(sys.argv[1]), {}); print('up', flush=True); time.sleep(60)"
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE, text=True, env=environment_of(home)
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "up\n"
    uses = embedded.attach(home, NOTHING_NAMED)
    leave(uses)
    psycopg.connect(embedded.database_url(home)).close()
    other.kill()
    other.wait()
    other.stdout.close()
    assert wait_for(lambda: processes_of(home) == [])


def test_a_killed_server_comes_back(home: Path) -> None:
    uses = embedded.attach(home, NOTHING_NAMED)
    killed = int((home / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
    os.kill(killed, signal.SIGKILL)

    def answers() -> bool:
        try:
            psycopg.connect(embedded.database_url(home)).close()
        except psycopg.OperationalError:
            return False
        return True

    assert wait_for(lambda: not psutil.pid_exists(killed))
    assert wait_for(answers)
    leave(uses)


def test_a_killed_keeper_is_replaced(home: Path) -> None:
    uses = embedded.attach(home, NOTHING_NAMED)
    os.kill(int((home / "run" / "postgres.keeper").read_text()), signal.SIGKILL)
    assert wait_for(lambda: not any(process.name() == "postgres" for process in processes_of(home)))
    for use in uses:
        use.renew()
    psycopg.connect(embedded.database_url(home)).close()
    leave(uses)
    assert processes_of(home) == []


def test_an_unfinished_set_up_is_begun_anew(home: Path, tmp_path: Path) -> None:
    (home / "postgres.new" / "base").mkdir(parents=True)
    (home / "postgres").rename(home / "elsewhere")
    try:
        uses = embedded.attach(home, NOTHING_NAMED)
        leave(uses)
        assert (home / "postgres" / "global" / "pg_control").exists()
        assert not (home / "postgres.new").exists()
    finally:
        (home / "postgres").rename(home / "discarded")
        (home / "elsewhere").rename(home / "postgres")


@pytest.mark.parametrize(
    ("part", "content", "sentence"),
    [
        ("global/pg_control", None, "isn't a whole PostgreSQL data folder (global/pg_control is missing)"),
        ("PG_VERSION", "17\n", "holds data of PostgreSQL 17"),
    ],
)
def test_a_folder_that_cannot_be_served_is_named(home: Path, part: str, content: str | None, sentence: str) -> None:
    path = home / "postgres" / part
    kept = path.with_name("kept")
    path.rename(kept)
    if content:
        path.write_text(content)
    done = manage(home, "showmigrations")
    kept.replace(path)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_home_that_cannot_be_written_is_named(home: Path) -> None:
    file = home / "file"
    file.touch()
    done = manage(file / "home", "showmigrations")
    assert done.returncode == 1
    assert "COORDINATION_HOME" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_long_path_gets_its_sockets_elsewhere(home: Path) -> None:
    assert sockets(home) == home / "run"
    deep = home / ("deep" * 30)
    assert len(bytes(sockets(deep))) <= LONGEST_FOLDER
    assert sockets(deep) == sockets(home / ("deep" * 30))
