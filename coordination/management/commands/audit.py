"""Check the audit log, or hand it out."""

from argparse import ArgumentTypeError
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.accounts.selectors import organization_named
from coordination.audit import services
from coordination.audit.outside.command import kept_notes, public_key, summary
from coordination.engine.proof.findings import Report
from coordination.engine.proof.manifest import PackUnreadable
from coordination.engine.proof.pack import verify_pack
from coordination.shared.errors import CoordinationError, NotFound


class Command(BaseCommand):
    """`audit verify [--pack FILE]`, `audit export OUT` and `audit rotate-key FILE`."""

    help = "Verify the audit log, or an exported pack without any database; export it; or let another key sign it."
    # A pack is checked on machines that have no database: nothing may look for one first.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        commands = parser.add_subparsers(dest="command", required=True)
        verify = commands.add_parser("verify", help="exits 1 and names the first bad record")
        source = verify.add_mutually_exclusive_group()
        source.add_argument("--pack", type=Path, metavar="FILE", help="check an exported pack, with no database")
        source.add_argument("--organization", metavar="SLUG", help="check only this organization's records")
        verify.add_argument(
            "--against",
            type=Path,
            metavar="FILE",
            action="append",
            default=[],
            help="compare with a checkpoint that was kept elsewhere: finds a log that was rolled back or replaced",
        )
        verify.add_argument(
            "--key",
            action="append",
            default=[],
            help="trust only this key: as name+id+key, or its 32 bytes in Base64",
        )
        export = commands.add_parser("export", help="write all records as a pack that verifies itself")
        export.add_argument("out", type=Path, metavar="OUT")
        export.add_argument("--organization", metavar="SLUG", help="export only this organization's records")
        export.add_argument(
            "--since", type=_day, metavar="DAY", help="only from this day on, each record with its proof"
        )
        export.add_argument(
            "--until", type=_day, metavar="DAY", help="only before this day, each record with its proof"
        )

        rotate = commands.add_parser("rotate-key", help="let the key in a file sign from now on; made if not there")
        rotate.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the subcommand."""
        if options["command"] == "export":
            self._export(options["out"], options["organization"], _period(options["since"], options["until"]))
            return
        if options["command"] == "rotate-key":
            self._rotate(options["file"])
            return
        pinned, kept = _given(options["key"], options["against"])
        if options["pack"]:
            self._tell(_verify_file(options["pack"], pinned, kept))
        else:
            self._tell(services.verify(_organization(options["organization"]), against=kept, pinned=pinned))

    def _tell(self, report: Report) -> None:
        if report.first_bad is None:
            self.stdout.write(summary(report))
            return
        for finding in report.findings:
            self.stderr.write(str(finding))
        raise CommandError(f"The audit log is not intact. First bad record: {report.first_bad}")

    def _rotate(self, path: Path) -> None:
        try:
            key = services.rotate(path, SYSTEM)
        except CoordinationError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The key {key} signs from now on.")
        self.stdout.write(f"Nothing is sealed until LEDGER_SIGNING_KEY_FILE is {path} on every machine.")

    def _export(self, out: Path, slug: str | None, period: services.Period | None) -> None:
        organization = _organization(slug)
        # A half-written pack must never look like a whole one.
        part = out.with_name(out.name + ".part")
        try:
            with part.open("wb") as file:
                services.export(file, organization, period)
            part.replace(out)
        except OSError as error:
            raise CommandError(f"Cannot write {out}: {error.strerror}.") from error
        except CoordinationError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrote {out}.")


def _organization(slug: str | None) -> Organization | None:
    try:
        return organization_named(slug) if slug else None
    except NotFound as error:
        raise CommandError(str(error)) from error


def _day(text: str) -> datetime:
    """Return when a day, or a moment, begins; where no zone is named, in UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is not a day like 2026-12-31") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _period(since: datetime | None, until: datetime | None) -> services.Period | None:
    if since is None and until is None:
        return None
    return services.Period(since or datetime(1, 1, 2, tzinfo=UTC), until or datetime(9999, 1, 1, tzinfo=UTC))


def _given(keys: Sequence[str], paths: Sequence[Path]) -> tuple[list[bytes], list[str]]:
    try:
        return [public_key(key) for key in keys], [note for path in paths for note in kept_notes(path)]
    except PackUnreadable as error:
        raise CommandError(f"This cannot be compared: {error}.") from error
    except OSError as error:
        raise CommandError(f"Cannot read {error.filename}: {error.strerror}.") from error


def _verify_file(path: Path, pinned: Sequence[bytes], kept: Sequence[str]) -> Report:
    try:
        with path.open("rb") as file:
            return verify_pack(file, pinned, kept).report
    except OSError as error:
        raise CommandError(f"Cannot read {path}: {error.strerror}.") from error
    except PackUnreadable as error:
        raise CommandError(f"{path} cannot be checked: {error}.") from error
