"""Where the real data sets lie; without them a test is skipped on a developer's machine, and fails in CI."""

from pathlib import Path

import pytest
from django.conf import settings

FOLDER: Path = settings.BASE_DIR.parent / "shared" / "data"

needs_real_data = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"The data sets are not in {FOLDER}.")
