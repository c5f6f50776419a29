"""Write what is in force as manifests, which `apply` reads again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coordination.management.organizations import add_org_option, organization_for
from coordination.manifests import writing
from coordination.manifests.kinds import KINDS


class Command(BaseCommand):
    """`export [--kind KIND] [--json] [--org SLUG] [NAME]`."""

    help = "Write what is in force as YAML manifests; drafts are left out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="", metavar="NAME", help="only the thing of this name")
        parser.add_argument("--kind", choices=list(KINDS), help="only this kind")
        parser.add_argument("--json", action="store_true", help="JSON, one document a line, instead of YAML")
        add_org_option(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_for(options["org"])
        kinds = [KINDS[options["kind"]]] if options["kind"] else list(KINDS.values())
        found = writing.export(organization, kinds, options["name"])
        if options["name"] and not found:
            raise CommandError(f"There is no {options['kind'] or 'thing'} named {options['name']} in force.")
        text = writing.as_json(found) if options["json"] else writing.as_yaml(found)
        self.stdout.write(text, ending="")
