"""Which commands bring the servers up."""

import pytest

from manage import needs_servers


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("migrate", True),
        ("audit verify", True),
        ("audit verify --pack FILE", False),
        ("collectstatic --noinput", False),
        ("up --help", False),
        ("--version", False),
        ("", False),
    ],
)
def test_only_what_reads_the_database_needs_servers(line: str, needed: bool) -> None:
    assert needs_servers(["manage.py", *line.split()]) is needed
