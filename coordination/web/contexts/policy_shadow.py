"""A version tried out beside the enforced one: how often they part, as a chart with its table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from coordination.engine.draw import spark
from coordination.policies.models import PolicyDecision, PolicyVersion, VersionStatus
from coordination.policies.selectors import Divergence
from coordination.web import words
from coordination.web.contexts.decided import Decided

WIDTH, HEIGHT = 400, 96


@dataclass(frozen=True, slots=True)
class ShadowRow:
    """One slice of time."""

    at: datetime
    judged: int
    matched: int
    stricter: int
    looser: int
    errors: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the chart."""

    name: str
    tone: str
    path: str
    is_dashed: bool


@dataclass(frozen=True, slots=True)
class ShadowPanel:
    """How far a version in shadow, or on some runs, parts from the enforced one."""

    title: str
    note: str
    lines: list[Line]
    top: int
    rows: list[ShadowRow]
    differs: str
    errors: str
    starts: datetime | None
    decisions: list[Decided]
    width: int = WIDTH
    height: int = HEIGHT

    @classmethod
    def of(
        cls,
        version: PolicyVersion,
        enforced: PolicyVersion | None,
        found: Divergence,
        otherwise: Iterable[PolicyDecision] = (),
    ) -> "ShadowPanel":
        """Draw what was found; `otherwise` are the newest decisions that it would have taken otherwise."""
        points = found.points
        top = int(spark.ceiling(max((one.matched for one in points), default=0)))
        is_canary = version.status == VersionStatus.CANARY
        beside = f"v{version.number} beside v{enforced.number}" if enforced else f"v{version.number} beside no rule"
        return cls(
            title="Canary" if is_canary else "Shadow",
            note=f"v{version.number} on {version.canary_percent}% of runs" if is_canary else f"{beside}, live",
            lines=[
                _line(f"v{version.number} holds", "wait", [one.matched for one in points], top, is_dashed=False),
                _line("decides otherwise", "idle", [one.diverged for one in points], top, is_dashed=True),
            ],
            top=top,
            rows=[
                ShadowRow(one.at, one.judged, one.matched, one.stricter, one.looser, one.errors)
                for one in reversed(points)
                if one.judged
            ],
            differs=_differs(found),
            errors=f"could not be decided {words.plural(found.whole.errors, 'time')}" if found.whole.errors else "",
            starts=points[0].at if points else None,
            decisions=[Decided.of(one) for one in otherwise],
        )


def _line(name: str, tone: str, values: Sequence[int], top: int, *, is_dashed: bool) -> Line:
    path = spark.curve(spark.points(values, WIDTH, HEIGHT - 2, top * 1.08)) if values else ""
    return Line(name, tone, path, is_dashed)


def _differs(found: Divergence) -> str:
    whole = found.whole
    if not whole.judged:
        return "nothing was decided since"
    share = words.percent(round(whole.diverged / whole.judged, 3))
    return f"differs in {share} of {words.plural(whole.judged, 'decision')}"
