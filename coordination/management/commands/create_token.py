"""Make an API token and print it once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import User
from coordination.accounts.rights import Right
from coordination.accounts.selectors import membership_of
from coordination.audit.people import issue_token


class Command(BaseCommand):
    """`create_token USERNAME [--name N] [--scope S …] [--org SLUG]`."""

    help = "Print a new API token of a member; it is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--name", default="command line", metavar="N", help="what the token is for")
        parser.add_argument(
            "--scope",
            action="extend",
            nargs="+",
            default=[],
            choices=[right.value for right in Right],
            metavar="S",
            help=f"limit it to some of: {', '.join(Right)}",
        )
        parser.add_argument("--org", metavar="SLUG", help="the organization (default: the member's first one)")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        member = membership_of(person, options["org"]) if person else None
        if member is None:
            raise CommandError(f"{options['username']} is not a member of {options['org'] or 'any organization'}.")
        _, raw = issue_token(member, options["name"], SYSTEM, options["scope"])
        self.stdout.write(raw)
