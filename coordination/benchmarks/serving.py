"""The web server alone, or the whole product as `up` runs it, for the length of a block."""

import http.client
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from coordination.benchmarks.house import MODULES
from coordination.environment import CHECKOUT
from coordination.supervision import programs, reach

HOST = "127.0.0.1"
_READY_WITHIN_S = 120.0


@contextmanager
def web(application: str = programs.APPLICATION) -> Iterator[int]:
    """Run the web server, or the same one with another ASGI application, and give its port."""
    listener = reach.listen(HOST, 0)
    port: int = listener.getsockname()[1]
    program = programs.web(listener.fileno(), application)
    process = subprocess.Popen(program.command, pass_fds=program.descriptors, cwd=CHECKOUT)
    try:
        _wait_until_healthy(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()
        listener.close()


@contextmanager
def everything() -> Iterator["subprocess.Popen[str]"]:
    """Run `up` with its web server, workers and beat, and give its process."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", "0"],
        cwd=CHECKOUT,
        env={**os.environ, "AGENT_MODULES": MODULES},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_for_line(process, "Ready:")
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _wait_until_healthy(port: int, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + _READY_WITHIN_S
    while not _is_healthy(port):
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError("The benchmark's web server did not start.")
        time.sleep(0.1)


def _is_healthy(port: int) -> bool:
    asking = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        asking.request("GET", "/healthz", headers={"Host": "localhost"})
        return asking.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


def _wait_for_line(process: "subprocess.Popen[str]", text: str) -> None:
    """Read what the process says until a line holds a text; what comes after is read and thrown away."""
    lines: SimpleQueue[str] = SimpleQueue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    give_up = time.monotonic() + _READY_WITHIN_S
    said: list[str] = []
    while not (said and text in said[-1]):
        try:
            said.append(lines.get(timeout=max(0.1, give_up - time.monotonic())))
        except queue.Empty:
            raise RuntimeError(f"The product did not start: {''.join(said[-10:])}") from None
