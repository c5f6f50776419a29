"""`feed_demo` sends the demo's inquiries, slowly, until it is stopped."""

import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections

from coordination.accounts.models import Organization
from coordination.demo.feeding import feed
from coordination.demo.houses import ACME
from coordination.engine.duration import seconds
from coordination.shared.errors import NotFound


class Command(BaseCommand):
    """Parse what the command line says and hand it to coordination.demo.feeding."""

    help = "Start a run of customer-support from the next inquiry again and again, as long as people can follow."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=_seconds, default="6s", help="how long between two, about: 6s, 1m")

    def handle(self, *args: Any, every: float, **options: Any) -> None:
        organization = Organization.objects.filter(slug=ACME.slug).first()
        if organization is None:
            raise CommandError("There is no demo to feed; `python manage.py up --demo` makes one.")
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())

        def rest(pause_s: float) -> bool:
            stopped = stop.wait(pause_s)
            close_old_connections()  # The database may have closed it meanwhile.
            return stopped

        try:
            feed(organization, every, rest)
        except NotFound as error:
            raise CommandError(str(error)) from error


def _seconds(text: str) -> float:
    try:
        return max(0.1, seconds(text))
    except ValueError as error:
        raise CommandError(f"--every {text}: {error}") from error
