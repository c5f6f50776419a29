"""Start a run, and follow it to its end if asked."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coordination.accounts.actors import SYSTEM
from coordination.engine.flow.state import RUN_ENDED, RunStatus
from coordination.management.organizations import add_org_option, organization_for
from coordination.policies.errors import ActDenied
from coordination.policies.services import keep_denial
from coordination.runs.models import Run
from coordination.runs.selectors import get_run
from coordination.runs.services import start_run
from coordination.shared.errors import CoordinationError
from coordination.shared.json import JsonObject

_LOOK_EVERY_S = 0.3


class Command(BaseCommand):
    """`start WORKFLOW --input JSON [--wait] [--org SLUG]`."""

    help = "Start a run and print its id; with --wait, exit 0 only if it succeeds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workflow", metavar="WORKFLOW")
        parser.add_argument("--input", default="{}", metavar="JSON", help="the workflow's input, an object")
        parser.add_argument("--title", default="", help="what to call the run")
        parser.add_argument("--wait", action="store_true", help="follow the run to its end")
        add_org_option(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_for(options["org"])
        value = _object(options["input"])
        try:
            run = start_run(organization, options["workflow"], value, title=options["title"], actor=SYSTEM)
        except CoordinationError as error:
            if isinstance(error, ActDenied):
                keep_denial(error)
            places = "".join(f"\n  {one.pointer}: {one.message}" for one in error.errors)
            raise CommandError(f"{error}{places}") from None
        self.stdout.write(str(run.id))
        if options["wait"]:
            self._follow(run)

    def _follow(self, run: Run) -> None:
        """Tell each change of the run until it ends; raises CommandError unless it succeeded."""
        told = None
        while True:
            run = get_run(run.organization, run.pk)
            now_at = (run.status, run.steps_done)
            if now_at != told:
                told = now_at
                self.stderr.write(f"{run.status}: {run.steps_done} of {run.steps_total} steps")
            if run.status in RUN_ENDED:
                break
            time.sleep(_LOOK_EVERY_S)
        if run.status != RunStatus.SUCCEEDED:
            raise CommandError(f"The run {run.status}: {run.stop_reason or 'no reason was given'}")
        self.stderr.write(json.dumps(run.output, ensure_ascii=False, indent=2))


def _object(text: str) -> JsonObject:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(f"--input is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from None
    if not isinstance(value, dict):
        raise CommandError("--input must be a JSON object.")
    return value
