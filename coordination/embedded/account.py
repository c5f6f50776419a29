"""The account the servers run under: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coordination.embedded.errors import CannotStart

NAME = "coordination"


@dataclass(frozen=True, slots=True)
class Account:
    """A system account, or ourselves when `other` is false."""

    uid: int
    gid: int
    other: bool

    def process_arguments(self) -> dict[str, Any]:
        """Return what `subprocess` needs to run a program under this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}

    def own(self, path: Path) -> None:
        """Give a path to the account."""
        if self.other:
            os.chown(path, self.uid, self.gid)

    def open_way_to(self, path: Path) -> list[str]:
        """Let the account pass through the folders above a path, without letting it list them; say which."""
        notes = []
        for folder in path.parents if self.other else ():
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
                notes.append(f"{folder} may now be passed through (mode o+x): the servers don't run as root.")
        return notes


def account_for(data: Path) -> Account:
    """Return the account for a data folder: ours, or if we are root, its owner's or a service account."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), other=False)
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, other=True)
    entry = _service_entry()
    return Account(entry.pw_uid, entry.pw_gid, other=True)


def _service_entry() -> pwd.struct_passwd:
    for name in (NAME, "nobody"):
        if name == NAME:
            _create_account()
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStart(f"PostgreSQL can't run as root, and no account {NAME!r} could be made; run as an ordinary user.")


def _create_account() -> None:
    try:
        pwd.getpwnam(NAME)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
        try:
            subprocess.run(command, check=False, capture_output=True)
        except FileNotFoundError:
            return
