"""`manage.py up`: one terminal runs everything."""

import http.client
import os
import signal
import socket
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils.module_loading import import_string

from coordination import embedded
from coordination.embedded.errors import not_writable
from coordination.embedded.locks import FileLock
from coordination.supervision import database, orphans, programs, reach
from coordination.supervision.supervisor import Supervisor

LOGINS = (
    "Sign in as manager, reviewer, lead, admin or auditor (organization acme), or as globex-admin (globex); "
    "the password is demo."
)
HEALTH_PATIENCE_S = 2.0
FAILED_STARTS = 3
START_WITHIN_S = 120.0


class Command(BaseCommand):
    help = "Run everything at one terminal: servers, pages and API, workers, clock. Ctrl-C stops it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="seed the demo and feed it inquiries; loopback only")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000, help="0 takes any free one")
        parser.add_argument("--workers", type=int, default=2, help="processes of the worker that computes")

    def handle(self, *, demo: bool, host: str, port: int, workers: int, **options: Any) -> None:
        if demo and not reach.is_loopback(host):
            raise CommandError(f"--demo has known passwords and listens on this machine only, not on {host}.")
        if workers < 1:
            raise CommandError("--workers must be 1 or more.")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        supervisor = Supervisor()
        servers: list[embedded.Use] = []
        try:
            with _alone(settings.HOME), reach.listen(host, port) as listener:
                servers += embedded.attach(settings.HOME)
                self._bring_up(supervisor, listener, demo, workers)
                supervisor.watch(each_tick=partial(_renew, servers))
        except embedded.CannotStart as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            supervisor.say("up", "Stopping; Ctrl-C again stops at once.")
        finally:
            _wind_down(supervisor, servers)

    def _bring_up(self, supervisor: Supervisor, listener: socket.socket, demo: bool, workers: int) -> None:
        reach.hints()
        orphans.end_orphans(settings.HOME)
        os.environ.update(orphans.mark(settings.HOME))
        if not settings.CSRF_TRUSTED_ORIGINS:
            # Where links in e-mails lead, for all that is started from here.
            os.environ.setdefault("PUBLIC_URL", _url(listener))
        # It loads while the tables are made; nobody knows its address yet.
        supervisor.start(programs.web(listener.fileno()))
        if n_applied := database.migrate():
            supervisor.say("up", f"{n_applied} migrations applied.")
        supervisor.start(*programs.workers(workers))
        if demo:
            import_string("coordination.demo.seed.seed")()
            supervisor.start(programs.feeder())
        supervisor.start(programs.beat())
        connection.close()
        give_up = time.monotonic() + START_WITHIN_S
        supervisor.watch(until=lambda: _answers(listener, supervisor, give_up))
        supervisor.say("up", f"Ready: {_url(listener)}")
        if demo:
            supervisor.say("up", LOGINS)
        supervisor.say("up", "Ctrl-C stops everything.")


def _renew(servers: list[embedded.Use]) -> None:
    for server in servers:
        server.renew()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold a home folder's lock: two supervisors of one folder would double its clock and its feeder."""
    path = home / "run" / "up"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
    except OSError as error:
        raise not_writable(path, error) from error
    if not lock.try_hold():
        raise embedded.CannotStart(f"Another `up` runs already on {home}; stop it or set another COORDINATION_HOME.")
    yield
    lock.close()


def _answers(listener: socket.socket, supervisor: Supervisor, give_up: float) -> bool:
    web = supervisor.children[0]
    if web.n_starts > FAILED_STARTS:
        raise embedded.CannotStart("The web server ends whenever it is started; its last lines above say why.")
    if time.monotonic() > give_up:
        raise embedded.CannotStart("The web server runs but doesn't report itself healthy at /healthz.")
    host, port = listener.getsockname()[:2]
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=HEALTH_PATIENCE_S)
    try:
        connection.request("GET", "/healthz", headers={"Host": _allowed_host()})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    name = _reachable(host)
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def _reachable(host: str) -> str:
    """Return an address at which this machine reaches a server that listens on a host or on all of them."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (compared with, not bound to)


def _allowed_host() -> str:
    first = settings.ALLOWED_HOSTS[0] if settings.ALLOWED_HOSTS else "localhost"
    return "localhost" if first == "*" else first.lstrip(".")


def _wind_down(supervisor: Supervisor, servers: list[embedded.Use]) -> None:
    with suppress(KeyboardInterrupt):
        supervisor.stop()
    for server in servers:
        server.leave()
