"""Read settings from the environment; a bad value stops the start with one sentence that names the variable."""

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from coordination.shared.once import written_once

CHECKOUT = Path(__file__).resolve().parent.parent
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,62}")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}


def flag(name: str, default: bool = False, env: Mapping[str, str] = os.environ) -> bool:
    """Return the boolean value of a variable."""
    value = env.get(name)
    if value is None:
        return default
    lowered = value.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")


def number(name: str, default: int, env: Mapping[str, str] = os.environ) -> int:
    """Return the whole number of a variable, which is not below zero."""
    value = env.get(name, "").strip()
    if not value:
        return default
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number from 0 on, not {value!r}.")
    return int(value)


def words(name: str, default: str = "", env: Mapping[str, str] = os.environ) -> list[str]:
    """Return a comma-separated variable as a list without empty items."""
    return [word.strip() for word in env.get(name, default).split(",") if word.strip()]


def origins(name: str, env: Mapping[str, str] = os.environ) -> list[str]:
    """Return a comma-separated variable of addresses like https://example.org."""
    values = words(name, env=env)
    for value in values:
        if not value.startswith(("http://", "https://")):
            raise ImproperlyConfigured(f"{name} must hold addresses like https://example.org, not {value!r}.")
    return values


def address(name: str, schemes: tuple[str, ...], env: Mapping[str, str] = os.environ) -> str | None:
    """Return a URL variable, or None if it is unset or empty."""
    value = env.get(name, "").strip()
    if not value:
        return None
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in schemes or not rest:
        allowed = ", ".join(f"{known}://" for known in schemes)
        raise ImproperlyConfigured(f"{name} must be a URL that starts with {allowed}.")
    return value


def name(variable: str, *, default: str, env: Mapping[str, str] = os.environ) -> str:
    """Return a variable that names this installation to others: without spaces, as host names are."""
    value = env.get(variable, "").strip() or default
    if not _NAME.fullmatch(value):
        raise ImproperlyConfigured(f"{variable} must be a name like audit.example.org, not {value!r}.")
    return value


def file(variable: str, *, default: Path, env: Mapping[str, str] = os.environ) -> Path:
    """Return the path of a file."""
    return Path(env.get(variable, "").strip() or default).expanduser().resolve()


def home(env: Mapping[str, str] = os.environ) -> Path:
    """Return the folder that holds everything the product keeps on this machine."""
    return Path(env.get("COORDINATION_HOME") or CHECKOUT / ".coordination").expanduser().resolve()


def secret_key(folder: Path, env: Mapping[str, str] = os.environ) -> str:
    """Return SECRET_KEY, generated once and kept in the home folder when it is unset."""
    if "SECRET_KEY" in env:
        if len(env["SECRET_KEY"]) < 32:
            raise ImproperlyConfigured("SECRET_KEY must have at least 32 characters.")
        return env["SECRET_KEY"]
    kept = folder / "secret_key"
    try:
        key = kept.read_text() if kept.exists() else written_once(kept, secrets.token_urlsafe(48))
    except OSError as error:
        raise _unusable(kept, error) from error
    return key.strip()


def _unusable(path: Path, error: OSError) -> ImproperlyConfigured:
    reason = os.strerror(error.errno or 0)
    return ImproperlyConfigured(f"COORDINATION_HOME: {path} can't be used ({reason}); set it to another folder.")


def database(url: str, role: str) -> dict[str, Any]:
    """Return Django's settings for a database address; `role` is what is granted to the application there."""
    engine = "coordination.shared.postgresql"
    try:
        settings: dict[str, Any] = dict(dj_database_url.parse(url, engine=engine, conn_health_checks=True))
    except ValueError as error:
        raise ImproperlyConfigured(
            "DATABASE_URL isn't a URL like postgresql://user:password@host:5432/name."
        ) from error
    options = settings.setdefault("OPTIONS", {})
    settings["HOST"] = options.pop("host", settings["HOST"])
    # An ASGI server serves each request in a thread of its own: a pool is what keeps connections between requests.
    options["pool"] = {"min_size": 0, "max_size": 40, "timeout": 10}
    options["connect_timeout"] = 5
    # Only statements that ask for it are prepared: those of constant text on the path of every step.
    options["prepare_threshold"] = 5
    settings["APPLICATION_ROLE"] = role
    return settings


def broker(redis: str) -> str:
    """Return the Celery spelling of a Redis address."""
    if redis.startswith("unix://"):
        return redis.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)
    return redis


def email(folder: Path, env: Mapping[str, str] = os.environ) -> dict[str, object]:
    """Return Django's e-mail settings; unset EMAIL_URL keeps messages as files in the home folder."""
    url = address("EMAIL_URL", ("smtp", "smtps", "file", "console"), env)
    if url is None:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(folder / "outbox"),
        }
    parts = urlsplit(url)
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": parts.path,
        }
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def single_sign_on(env: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return allauth's settings of the OpenID Connect server that people may sign in with, or none."""
    issuer = address("OIDC_ISSUER", ("https", "http"), env)
    if issuer is None:
        return {}
    parts = urlsplit(issuer)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ImproperlyConfigured("OIDC_ISSUER must be an https:// address; only this machine itself may do without.")
    missing = next((one for one in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET") if not env.get(one, "").strip()), None)
    if missing:
        raise ImproperlyConfigured(f"{missing} must be set where OIDC_ISSUER is.")
    app = {
        # Part of the address that the server sends people back to. Another issuer is another provider: whom one of them
        # calls 7 is not whom the other calls 7.
        "provider_id": re.sub(r"[^a-z0-9.]+", "-", f"{parts.netloc}{parts.path}".lower()).strip("-"),
        "name": env.get("OIDC_NAME", "").strip() or parts.hostname,
        "client_id": env["OIDC_CLIENT_ID"].strip(),
        "secret": env["OIDC_CLIENT_SECRET"].strip(),
        "settings": {"server_url": issuer.rstrip("/"), "issuer": issuer, "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"APPS": [app]}}
