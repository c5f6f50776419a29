"""An organization whose people are told things, and an address outside that takes calls."""

import threading
from collections.abc import Iterator
from http.server import HTTPServer
from typing import Any

import pytest

from tests.integration.approvals.desk import Desk
from tests.integration.notifications.support import Outside, Told
from tests.integration.runs.conftest import make_world


@pytest.fixture
def told(db: None, settings: Any) -> Told:
    return Told(Desk(make_world(settings)))


@pytest.fixture
def outside() -> Iterator[str]:
    Outside.received, Outside.status = [], 200
    http = HTTPServer(("127.0.0.1", 0), Outside)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    http.server_close()
