"""Give a person another e-mail address."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from coordination.accounts.errors import EmailTaken
from coordination.accounts.models import User
from coordination.audit.sign_ins import give_address


class Command(BaseCommand):
    """`set_email USERNAME ADDRESS`."""

    help = "Give a person the address by which single sign-on finds them, and mail reaches them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("address", metavar="ADDRESS")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"There is nobody called {options['username']}.")
        try:
            validate_email(options["address"])
            give_address(person, options["address"])
        except (ValidationError, EmailTaken) as error:
            raise CommandError(error.messages[0] if isinstance(error, ValidationError) else str(error)) from error
        self.stdout.write(f"{person.username} is {options['address']} now.")
