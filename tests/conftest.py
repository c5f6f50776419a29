"""Set up the databases of the tests, and let nothing be skipped unseen in CI."""

import os
from collections.abc import Generator
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import settings

from tests.isolation import process_environment as environment_of_this_test

# How long an example takes says something about the machine, not about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

TESTS = Path(__file__).parent
# These start servers, workers and browsers of their own: one after the other, or two cores aren't enough.
HEAVY = (TESTS / "browser", TESTS / "integration" / "frontdoor", TESTS / "integration" / "processes")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep the tests that start processes on one worker; xdist reads the groups when collection ends."""
    if any(folder in item.path.parents for folder in HEAVY):
        item.add_marker(pytest.mark.xdist_group("processes"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, object, None]:
    """Turn a skip into a failure in CI: there, what a test needs must be installed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  (pluggy's result type isn't public)
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which CI doesn't allow: {report.longrepr}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Start with an empty Redis database too."""
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def append_only_tables_are_emptied() -> Generator[None, None, None]:
    """Let transactional tests empty the database after them, although the audit log refuses TRUNCATE."""
    flush = DatabaseOperations.execute_sql_flush

    def without_triggers(self: DatabaseOperations, sql_list: list[str]) -> None:
        flush(self, ["SET LOCAL session_replication_role = replica", *sql_list])

    with patch.object(DatabaseOperations, "execute_sql_flush", without_triggers):
        yield


@pytest.fixture
def process_environment(django_db_setup: None) -> dict[str, str]:
    """Return the environment for processes that share the test's database; needs `transactional_db` beside it."""
    return environment_of_this_test()
