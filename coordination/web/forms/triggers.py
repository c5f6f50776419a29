"""The form of a trigger, and what it says."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from coordination.engine.timetable import Timetable
from coordination.engine.timetable.lateness import CatchUp
from coordination.shared.errors import FieldError
from coordination.shared.json import Json, JsonObject
from coordination.triggers.definition import TIMED, Kind, Overlap, check, timetable_of
from coordination.triggers.errors import TriggerInvalid
from coordination.triggers.models import Trigger
from coordination.web.forms.manifest import NAME_HELP, Wanted, joined, listed, mapping_in
from coordination.web.forms.manifest import said as said_of
from coordination.web.templatetags.ui import readable

BLANK = {
    "kind": "cron",
    "cron": "0 9 * * 1-5",
    "time_zone": "UTC",
    "every": "1h",
    "per_minute": "60",
    "statuses": "succeeded",
    "priority": "50",
    "catch_up": "last",
    "overlap": "skip",
}
_FIELDS_OF_KIND: dict[str, tuple[str, ...]] = {
    Kind.CRON: ("cron", "time_zone"),
    Kind.INTERVAL: ("every", "start"),
    Kind.WEBHOOK: ("per_minute",),
    Kind.RUN_END: (),
}


def trigger_fields(workflows: Sequence[str], kinds: Sequence[str] = tuple(Kind)) -> list[Wanted]:
    """Return the fields of a trigger; it starts, and may follow, one of these workflows."""
    return [
        Wanted("name", "/name", "Name", NAME_HELP, required=True),
        Wanted("title", "/title", "Title"),
        Wanted("description", "/description", "Description", widget="lines"),
        Wanted("kind", "/kind", "Kind", "A time by the clock, every so often, a call from outside, or a run's end.",
               "choice", required=True, options=kinds),
        Wanted("cron", "/spec/cron", "Cron expression", "Minute, hour, day of month, month, day of week.",
               required=True),
        Wanted("time_zone", "/spec/time_zone", "Time zone", "Whose clock it follows, such as Europe/Berlin.",
               required=True),
        Wanted("every", "/spec/every", "Every", "Such as 30s, 15m, 2h or 1d.", required=True),
        Wanted("start", "/spec/start", "From", "Such as 2027-01-31T09:00:00Z; empty: from now on."),
        Wanted("per_minute", "/spec/per_minute", "Calls a minute", "What comes beyond is refused.", "number",
               required=True),
        Wanted("watched", "/spec/workflow", "Runs of", "The workflow whose runs are followed.", "choice", required=True,
               options=workflows),
        Wanted("statuses", "/spec/statuses", "That ended", "Any of: succeeded, failed, cancelled.", required=True),
        Wanted("workflow", "/workflow", "Workflow", "What it starts.", "choice", required=True, options=workflows),
        Wanted("input", "/input", "Input", "YAML; ${event.due_at}, ${event.body.…} and ${event.run.id} are filled in.",
               "box"),
        Wanted("priority", "/priority", "Priority", "0 to 100; higher goes first.", "number", required=True),
        Wanted("overlap", "/overlap", "If its last run still goes on",
               "Both go on, skip the new, queue one, or cancel the old.", "choice", required=True,
               options=tuple(Overlap)),
        Wanted("catch_up", "/catch_up", "Missed times", "Skip them, make up for the last, or for all of them.",
               "choice", required=True, options=tuple(CatchUp)),
    ]  # fmt: skip


def typed_of_trigger(trigger: Trigger) -> dict[str, str]:
    """Return a trigger as it would have been typed."""
    spec = trigger.spec
    said = {
        **BLANK,
        **{name: getattr(trigger, name) for name in ("name", "title", "description", "kind", "catch_up", "overlap")},
        **{name: spec[name] for name in _FIELDS_OF_KIND[trigger.kind]},
        "watched": spec.get("workflow", ""),
        "statuses": joined(spec.get("statuses")),
        "workflow": trigger.workflow_name,
        "priority": trigger.priority,
        "input": readable(trigger.input) if trigger.input else "",
    }
    return {name: str(value) for name, value in said.items()}


def trigger_in(typed: Mapping[str, str], labels: JsonObject) -> tuple[JsonObject, list[FieldError]]:
    """Return what a filled form says, and what cannot be read of it; an empty field says nothing."""
    value, wrong = mapping_in(typed.get("input", ""), "/input")
    kind = typed.get("kind", "")
    spec = _given(typed, _FIELDS_OF_KIND.get(kind, ()))
    if kind == Kind.RUN_END:
        spec = {"workflow": typed.get("watched", ""), "statuses": listed(typed.get("statuses", ""))}
    about = {name: typed.get(name, "").strip() for name in ("name", "title", "description")}
    names = ("kind", "workflow", "priority", "overlap", "catch_up")
    return {**about, **_given(typed, names), "labels": labels, "spec": spec, "input": value}, wrong


def timetable_typed(typed: Mapping[str, str], now: datetime) -> tuple[Timetable | None, str]:
    """Return the timetable that a form says so far, or what is wrong with it; neither where there is none."""
    if typed.get("kind") not in TIMED:
        return None, ""
    said, _ = trigger_in(typed, {})
    rest: JsonObject = {"name": "preview", "workflow": "preview", "kind": said["kind"], "spec": said["spec"]}
    try:
        spec = check(rest).spec.model_dump(mode="json")
    except TriggerInvalid as error:
        return None, said_of(error.errors[0])
    return timetable_of(typed["kind"], {**spec, "start": spec.get("start") or now.isoformat()}), ""


def _given(typed: Mapping[str, str], names: Sequence[str]) -> dict[str, Json]:
    return {name: typed[name].strip() for name in names if typed.get(name, "").strip()}
