"""Which organization a command is about."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from coordination.accounts.models import Organization
from coordination.accounts.selectors import organization_named
from coordination.shared.errors import NotFound

DEFAULT = "acme"


def add_org_option(parser: ArgumentParser) -> None:
    """Declare `--org`."""
    parser.add_argument("--org", metavar="SLUG", help=f"the organization (default: the only one, or {DEFAULT})")


def organization_for(slug: str | None) -> Organization:
    """Return the named organization, or the only one, or acme; raises CommandError."""
    if slug is None:
        found = list(Organization.objects.order_by("slug")[:2])
        if len(found) == 1:
            return found[0]
        if not found:
            raise CommandError("There is no organization yet; `manage.py up --demo` makes two.")
    try:
        return organization_named(slug or DEFAULT)
    except NotFound as error:
        hint = "" if slug else " Name one with --org."
        raise CommandError(f"{error}{hint}") from None
