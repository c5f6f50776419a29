"""`python -m tests.soak [--minutes M] [--seed S]`: in a home folder of its own, kept only if something is broken."""

import argparse
import logging
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import django

from coordination import embedded


def main() -> int:
    """Let the whole product run while people and disasters are let loose; return 1 if it did not bear it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000), help="the same seed, the same workflows")
    said = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="soak-"))
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ |= {"COORDINATION_HOME": str(home), "DJANGO_SETTINGS_MODULE": "coordination.settings"}
    servers = embedded.attach(home)
    django.setup()
    # That Redis is away now and then is what this is about.
    logging.disable(logging.WARNING)

    from tests.soak.soaking import soak

    sys.stdout.write(f"{said.minutes:g} minutes, seed {said.seed}, in {home}\n")
    is_sound = soak(home, said.minutes, said.seed)
    for server in servers:
        server.leave()
    if is_sound:
        shutil.rmtree(home)
    return 0 if is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
