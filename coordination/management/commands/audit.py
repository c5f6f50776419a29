"""Check the audit log, or hand it out."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coordination.accounts.models import Organization
from coordination.accounts.selectors import organization_named
from coordination.audit import services
from coordination.engine.proof.chain import Report
from coordination.engine.proof.pack import PackUnreadable, verify_pack
from coordination.shared.errors import NotFound


class Command(BaseCommand):
    """`audit verify [--pack FILE]` and `audit export OUT`."""

    help = "Verify the audit log, or an exported pack without any database; or export it."
    # A pack is checked on machines that have no database: nothing may look for one first.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the two subcommands."""
        commands = parser.add_subparsers(dest="command", required=True)
        verify = commands.add_parser("verify", help="exits 1 and names the first bad record")
        source = verify.add_mutually_exclusive_group()
        source.add_argument("--pack", type=Path, metavar="FILE", help="check an exported pack, with no database")
        source.add_argument("--organization", metavar="SLUG", help="check only this organization's records")
        export = commands.add_parser("export", help="write all records as JSON lines")
        export.add_argument("out", type=Path, metavar="OUT")
        export.add_argument("--organization", metavar="SLUG", help="export only this organization's records")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the subcommand."""
        if options["command"] == "export":
            self._export(options["out"], options["organization"])
        elif options["pack"]:
            self._tell(_verify_file(options["pack"]))
        else:
            self._tell(services.verify(_organization(options["organization"])))

    def _tell(self, report: Report) -> None:
        if report.first_bad is None:
            self.stdout.write(f"{report.checked} records in {report.streams} streams are intact.")
            return
        for finding in report.findings:
            self.stderr.write(str(finding))
        raise CommandError(f"The audit log is not intact. First bad record: {report.first_bad}")

    def _export(self, out: Path, slug: str | None) -> None:
        organization = _organization(slug)
        # A half-written pack must never look like a whole one.
        part = out.with_name(out.name + ".part")
        try:
            with part.open("w", encoding="utf-8") as file:
                services.export(file, organization)
            part.replace(out)
        except OSError as error:
            raise CommandError(f"Cannot write {out}: {error.strerror}.") from error
        self.stdout.write(f"Wrote {out}.")


def _organization(slug: str | None) -> Organization | None:
    try:
        return organization_named(slug) if slug else None
    except NotFound as error:
        raise CommandError(str(error)) from error


def _verify_file(path: Path) -> Report:
    try:
        with path.open(encoding="utf-8") as lines:
            return verify_pack(lines)
    except OSError as error:
        raise CommandError(f"Cannot read {path}: {error.strerror}.") from error
    except (PackUnreadable, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be checked: {error}") from error
