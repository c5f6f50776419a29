"""Keep test workers that run side by side out of each other's Redis databases and PostgreSQL databases."""

import os
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from django.conf import settings


def own_redis(url: str, worker: str | None) -> str:
    """Return a Redis address with the number of a database that only one xdist worker uses; 0 is the product's."""
    number = 2 + int(worker.removeprefix("gw")) if worker else 1
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = {**dict(parse_qsl(parts.query)), "db": str(number)}
        return urlunsplit(("unix", "", parts.path, urlencode(query), "")).replace("unix:/", "unix:///", 1)
    return urlunsplit(parts._replace(path=f"/{number}"))


def process_environment() -> dict[str, str]:
    """Return the environment in which a new process works on the database of the running test."""
    name = quote(str(settings.DATABASES["default"]["NAME"]))
    url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "coordination.settings"}
