"""A small HTTP server that answers as a test says, and remembers what it was asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Server:
    """What it answers next, and what it heard."""

    url: str = ""
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    trickle_s: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    heard: list[dict[str, str]] = field(default_factory=list)

    def answers(self, value: Any, status: int = 200) -> None:
        self.status, self.body = status, json.dumps(value).encode()


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            server.asked.append(json.loads(asked))
            server.paths.append(self.path)
            server.heard.append({name.lower(): value for name, value in self.headers.items()})
            time.sleep(server.delay_s)
            self.send_response(server.status)
            for name, value in {"Content-Type": "application/json", **server.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # The caller hung up, which some tests want to see.
                self.say()

        def say(self) -> None:
            if not server.trickle_s:
                self.wfile.write(server.body)
                return
            for byte in server.body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(server.trickle_s)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{listener.server_address[1]}/agent"
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
