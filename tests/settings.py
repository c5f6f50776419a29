"""Settings of the tests: the product's own, on servers that run and with a Redis database of their own."""

import os
from pathlib import Path

from coordination import embedded, environment
from tests.isolation import own_redis

# A home of their own: a demo that runs in the same checkout is left alone.
os.environ.setdefault("COORDINATION_HOME", str(Path(__file__).resolve().parent.parent / ".coordination" / "tests"))
home = environment.home()
embedded.attach(home)
# Named from here on, so that processes the tests start use the same ones.
os.environ.setdefault("DATABASE_URL", embedded.database_url(home))
os.environ["REDIS_URL"] = own_redis(
    os.environ.get("REDIS_URL") or embedded.redis_url(home), os.environ.get("PYTEST_XDIST_WORKER")
)

from coordination.settings import *  # noqa: E402, F403  (this is how one settings module extends another)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests also do what only an owner of the tables may; processes that they start take the role as everywhere.
DATABASES["default"]["APPLICATION_ROLE"] = ""  # noqa: F405
