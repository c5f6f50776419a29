"""Bring manifests into force: all, or none."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coordination.accounts.actors import SYSTEM
from coordination.management.organizations import add_org_option, organization_for
from coordination.manifests.applying import apply, load
from coordination.manifests.errors import Refused
from coordination.manifests.planning import Action, Change, FieldChange
from coordination.shared.errors import CoordinationError

_SHOWN = 60
_MOST_FIELDS = 20


class Command(BaseCommand):
    """`apply -f FILE_OR_DIR [--dry-run] [--org SLUG]`."""

    help = "Apply manifests, all or nothing. Workflows are published and policies enforced."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "-f",
            "--file",
            type=Path,
            required=True,
            metavar="FILE_OR_DIR",
            help="YAML or JSON, one or more documents; - reads them from the input",
        )
        parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
        add_org_option(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_for(options["org"])
        where = Path("/dev/stdin") if options["file"] == Path("-") else options["file"]
        if not where.exists():
            raise CommandError(f"There is no file or folder {where}.")
        try:
            changes = apply(organization, load(where), SYSTEM, dry_run=options["dry_run"])
        except Refused as error:
            for finding in error.findings:
                self.stderr.write(str(finding))
            raise CommandError(str(error)) from None
        except CoordinationError as error:
            raise CommandError(str(error)) from None
        self._tell(changes, organization.slug, dry_run=options["dry_run"])

    def _tell(self, changes: list[Change], slug: str, *, dry_run: bool) -> None:
        for change in changes:
            done = "" if change.action is Action.UNCHANGED else f", {'would be ' if dry_run else ''}{change.outcome}"
            self.stdout.write(f"{change.action:<9} {change.kind} {change.name}{done}")
            for field in change.fields[:_MOST_FIELDS]:
                self.stdout.write(f"          {_line(field)}")
            if len(change.fields) > _MOST_FIELDS:
                self.stdout.write(f"          … and {len(change.fields) - _MOST_FIELDS} more")
        counted = ", ".join(f"{sum(c.action is action for c in changes)} {word}" for action, word in _WORDS.items())
        said = "Nothing was changed (dry run)" if dry_run else f"Applied to {slug}"
        self.stdout.write(f"{said}: {counted}.")


_WORDS = {Action.CREATE: "created", Action.CHANGE: "changed", Action.UNCHANGED: "unchanged"}


def _line(field: FieldChange) -> str:
    if field.before is None:
        return f"+ {field.pointer}: {_short(field.after)}"
    if field.after is None:
        return f"- {field.pointer}: {_short(field.before)}"
    return f"~ {field.pointer}: {_short(field.before)} → {_short(field.after)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
