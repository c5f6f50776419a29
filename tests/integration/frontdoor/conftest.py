"""A home folder of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.up import processes_of


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Make a home folder with a short path, and leave nothing of it running."""
    folder = Path(tempfile.mkdtemp(prefix="up-"))
    yield folder
    for process in processes_of(folder):
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)
