"""Reach what a start needs beside the database, or say in one sentence what can't be reached."""

import errno
import ipaddress
import socket

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from coordination.embedded import CannotStart

PATIENCE_S = 5


def hints() -> None:
    """Check that Redis and the broker answer. Raises: CannotStart."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=PATIENCE_S) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        raise CannotStart(f"REDIS_URL: Redis can't be reached ({_first_line(error)}).") from error
    try:
        with current_app.connection(connect_timeout=PATIENCE_S) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0)
    except (OperationalError, OSError) as error:
        raise CannotStart(f"CELERY_BROKER_URL: the broker can't be reached ({_first_line(error)}).") from error


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address. Raises: CannotStart."""
    if not 0 <= port <= 65535:
        raise CannotStart(f"A port is a number from 0 to 65535, not {port}.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(
                f"Port {port} of {host} is in use; name another with --port (make demo: PORT=…)."
            ) from error
        raise CannotStart(f"Port {port} of {host} can't be opened ({_first_line(error)}).") from error
    return listener


def is_loopback(host: str) -> bool:
    """Return whether an address can be reached from this machine only."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(ipaddress.ip_address(address[4][0]).is_loopback for address in found)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
