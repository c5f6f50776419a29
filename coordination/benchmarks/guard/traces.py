"""Labelled traces of recorded runs, read from the data sets."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError


def traces_in(path: Path, sample: int = 0) -> list[dict[str, Any]]:
    """Return the traces of a file, or an even sample of them; raises CommandError when it is not there."""
    if not path.is_file():
        raise CommandError(f"There is no {path.name} in {path.parent}.")
    traces = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    if 0 < sample < len(traces):
        step = (len(traces) - 1) / max(1, sample - 1)
        return [traces[round(at * step)] for at in range(sample)]
    return traces
