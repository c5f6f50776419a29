"""Who answers when an agent is called."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.adapters.serving import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def allowed_modules(settings: Any) -> None:
    settings.AGENT_MODULES = ["coordination.bundled", "tests.integration.adapters.agents"]
