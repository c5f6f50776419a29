"""What a trigger says, checked: which workflow it starts and when, and what becomes of times missed and overlaps."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from coordination.engine.cel import ExpressionError, environment
from coordination.engine.duration import Duration, seconds
from coordination.engine.flow.expressions import expressions_in, program, render
from coordination.engine.keepable import unfit_to_keep
from coordination.engine.manifest import Name, Problem, Spec, pointer
from coordination.engine.moment import moment
from coordination.engine.timetable import Timetable
from coordination.engine.timetable.cron import Cron, known_zone, readable_cron
from coordination.engine.timetable.every import Every
from coordination.engine.timetable.lateness import CatchUp
from coordination.shared.json import JsonObject
from coordination.shared.manifests import ManifestInvalid, checked, refuse
from coordination.triggers.errors import TriggerInvalid

SHORTEST_S, LONGEST_S = 5, 366 * 86_400
_NAMES = environment({"event": "dyn"})


class Kind(StrEnum):
    """What a trigger waits for."""

    CRON = "cron"
    INTERVAL = "interval"
    WEBHOOK = "webhook"
    RUN_END = "run-end"


class Overlap(StrEnum):
    """What happens when a run that the trigger started still goes on."""

    ALLOW = "allow"
    SKIP = "skip"
    QUEUE = "queue"
    CANCEL_PREVIOUS = "cancel-previous"


TIMED = frozenset({Kind.CRON, Kind.INTERVAL})


def _sensible(text: str) -> str:
    if not SHORTEST_S <= seconds(text) <= LONGEST_S:
        raise ValueError(f"{text} is out of bounds; write something between {SHORTEST_S}s and {LONGEST_S // 86_400}d")
    return text


def _in_utc(text: str) -> str:
    return moment(text).isoformat()


class CronSpec(Spec):
    """At the times of a cron expression, by the clock of a time zone."""

    cron: Annotated[str, AfterValidator(readable_cron)]
    time_zone: Annotated[str, AfterValidator(known_zone)] = "UTC"


class IntervalSpec(Spec):
    """Every so often from a moment on: when it was saved, unless it says another."""

    every: Annotated[Duration, AfterValidator(_sensible)]
    start: Annotated[str, AfterValidator(_in_utc)] = ""


class WebhookSpec(Spec):
    """When someone outside calls its address."""

    per_minute: int = Field(default=60, ge=1, le=600)


class RunEndSpec(Spec):
    """When a run of a workflow has ended in one of these ways."""

    workflow: Name
    statuses: list[Literal["succeeded", "failed", "cancelled"]] = Field(default=["succeeded"], min_length=1)


class Definition(Spec):
    """What every trigger says."""

    name: Name
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=5_000)
    labels: dict[str, str] = Field(default_factory=dict)
    workflow: Name
    kind: Kind
    spec: Any
    input: dict[str, Any] = Field(default_factory=dict)
    priority: int = Field(default=50, ge=0, le=100)
    catch_up: CatchUp = CatchUp.LAST
    overlap: Overlap = Overlap.SKIP


class OnCron(Definition):
    """A trigger of kind cron."""

    spec: CronSpec


class OnInterval(Definition):
    """A trigger of kind interval."""

    spec: IntervalSpec


class OnCall(Definition):
    """A trigger of kind webhook; each call counts, unless it says otherwise."""

    spec: WebhookSpec = WebhookSpec()
    overlap: Overlap = Overlap.ALLOW


class OnRunEnd(Definition):
    """A trigger of kind run-end; each end counts, unless it says otherwise."""

    spec: RunEndSpec
    overlap: Overlap = Overlap.ALLOW


MODELS: dict[str, type[Definition]] = {
    Kind.CRON: OnCron,
    Kind.INTERVAL: OnInterval,
    Kind.WEBHOOK: OnCall,
    Kind.RUN_END: OnRunEnd,
}


def check(said: Mapping[str, Any]) -> Definition:
    """Return what was said as a definition; raises TriggerInvalid with everything that is wrong."""
    model = MODELS.get(str(said.get("kind")), Definition)
    try:
        definition = checked(dict(said), model, prefix="")
        found = list(_mistakes_in(definition.input))
        if found:
            raise refuse(found)
    except ManifestInvalid as error:
        raise TriggerInvalid(errors=error.errors, **error.values) from None
    return definition


def timetable_of(kind: str, spec: Mapping[str, Any]) -> Timetable | None:
    """Return when a trigger of this kind is due, or None where something else decides that."""
    if kind == Kind.CRON:
        return Cron(spec["cron"], spec["time_zone"])
    if kind == Kind.INTERVAL:
        return Every(timedelta(seconds=seconds(spec["every"])), datetime.fromisoformat(spec["start"]))
    return None


def filled_input(template: JsonObject, event: JsonObject) -> JsonObject:
    """Return a run's input with every `${…}` evaluated; raises ExpressionError, EvaluationError."""
    filled: JsonObject = render(template, {"event": event}, _NAMES)
    return filled


def _mistakes_in(template: JsonObject) -> Iterator[Problem]:
    if unfit := unfit_to_keep(template):
        yield Problem("/input", f"it holds {unfit}")
        return
    for path, text in expressions_in(template):
        try:
            program(text, names=_NAMES)
        except ExpressionError as error:
            for one in error.diagnostics:
                yield Problem(f"/input{pointer(path)}", one.message, one.suggestion, one.line, one.column)
