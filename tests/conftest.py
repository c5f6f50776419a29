"""Set up the databases of the tests, and let nothing be skipped unseen in CI."""

import os
from collections.abc import Generator
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.core.management.commands import flush
from django.db import connection
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


# What migrations made stays. Most tables are empty after a test: to look costs far less than to truncate them all.
_EMPTY = """
DO $$ DECLARE one text; has_rows boolean; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN
        SELECT tablename FROM pg_tables WHERE schemaname = current_schema()
            AND tablename NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', one) INTO has_rows;
        IF has_rows THEN EXECUTE format('DELETE FROM %I', one); END IF;
    END LOOP;
END $$
"""


@pytest.fixture(scope="session", autouse=True)
def tables_are_emptied_quickly() -> Generator[None, None, None]:
    """Empty the database after each transactional test, although the audit log refuses it, and make nothing anew."""

    def empty(self: DatabaseOperations, sql_list: list[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_EMPTY)

    with (
        patch.object(DatabaseOperations, "execute_sql_flush", empty),
        patch.object(flush, "emit_post_migrate_signal", lambda *given, **named: None),
    ):
        yield


@pytest.fixture
def process_environment(django_db_setup: None) -> dict[str, str]:
    """Return the environment for processes that share the test's database; needs `transactional_db` beside it."""
    return environment_of_this_test()
