"""Read one file and print what is in it, a JSON object a line; the last line says how it ended.

The limits are set before the first byte is read: a file that unpacks to gigabytes ends this process, and no other.
"""

import json
import resource
import sys
from pathlib import Path

from coordination.memory.extraction.model import Unreadable
from coordination.memory.extraction.reading import read


def main(path: str, name: str, most_memory: int, most_seconds: int) -> None:
    """Print the sections of a file; a failure is the last line."""
    resource.setrlimit(resource.RLIMIT_AS, (most_memory, most_memory))
    resource.setrlimit(resource.RLIMIT_CPU, (most_seconds, most_seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A file that nests a thousand levels deep is refused, not followed.
    sys.setrecursionlimit(2_000)
    try:
        for found in read(Path(path), name):
            told = {"note": found} if isinstance(found, str) else _fields(found)
            _say(told)
        _say({"end": ""})
    except Unreadable as error:
        _say({"end": str(error)})
    except MemoryError:
        _say({"end": "memory"})


def _fields(found: object) -> dict[str, str]:
    return {name: getattr(found, name) for name in ("title", "text", "place", "label")}


def _say(told: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
