"""Where the embedded servers of a home folder listen: sockets only, no port."""

import hashlib
import tempfile
from pathlib import Path
from urllib.parse import quote

DATABASE = "coordination"
SUPERUSER = "postgres"
# macOS allows 104 bytes for a socket's path, Linux 108; the longest name in the folder is ".s.PGSQL.5432".
LONGEST_FOLDER = 88


def sockets(home: Path) -> Path:
    """Return the folder of both servers' sockets: in the home folder, unless a socket can't live there."""
    folder = home / "run"
    # A comma would end the folder's name in a PostgreSQL address.
    if len(bytes(folder)) <= LONGEST_FOLDER and "," not in str(folder):
        return folder
    digest = hashlib.sha256(bytes(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"coordination-{digest}"


def database_url(home: Path) -> str:
    """Return the address at which the embedded PostgreSQL of a home folder listens."""
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(sockets(home)), safe='')}"


def redis_url(home: Path) -> str:
    """Return the address at which the embedded Valkey of a home folder listens."""
    return f"unix://{quote(str(valkey_socket(home)))}"


def valkey_socket(home: Path) -> Path:
    """Return the path of Valkey's socket."""
    return sockets(home) / "valkey.sock"
