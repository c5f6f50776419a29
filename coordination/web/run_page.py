"""The page of one run, as it is or as it was after one of its records."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from coordination.accounts.rights import Right
from coordination.audit.models import AuditEvent
from coordination.audit.selectors import uncovered
from coordination.risk.selectors import tables_of
from coordination.runs import selectors
from coordination.runs.errors import StepUnknown
from coordination.runs.models import Run, Step
from coordination.runs.selectors import Around, Past
from coordination.runs.selectors.oversight import messages_of, verdicts_on
from coordination.shared.clock import now
from coordination.web import fragments
from coordination.web.access import MemberRequest, may, require
from coordination.web.contexts.run import RunPage
from coordination.web.contexts.run_place import Place
from coordination.web.contexts.run_replay import Replay
from coordination.web.contexts.run_scene import Scene
from coordination.web.contexts.run_step import Inside, StepPanel
from coordination.web.paging import numbered

AUDIT_LINES = 200
# So many items that were worked on last are drawn.
MOST_WORKED = 200


@require_safe
@require(Right.READ)
def run_detail(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """Show one run."""
    run = selectors.get_run(request.membership.organization, run_id)
    place = Place.read(run.pk, request.GET)
    past = None if place.at is None else selectors.run_at(run, place.at)
    scene = _scene(request, run, place, past)
    worked, n_worked = _worked(run, past) if place.tab == "agents" else ([], 0)
    page = RunPage.of(
        scene,
        Replay.of(place, past) if past else Replay.now(place, selectors.length_of(run)),
        panel=_panel(request, run, scene) if place.step else None,
        worked=worked,
        n_worked=n_worked,
        messages=list(messages_of(run)) if place.tab == "messages" and past is None else [],
        audit=_record_of(request, run, place.at) if place.tab == "audit" else [],
        bands=tables_of(run.organization).bands,
    )
    return fragments.render(request, "runs/detail.html", page, parts=("run",))


def _scene(request: MemberRequest, run: Run, place: Place, past: Past | None) -> Scene:
    if past is None:
        steps = selectors.outline_of(run)
        explanation, around, moment = selectors.explain(run, steps), selectors.around(run, steps), now()
    else:
        moment = past.record.occurred_at if past.record else run.created_at
        explanation, around = selectors.explain(past.run, past.steps, moment), Around()
    return Scene(request.membership, place, explanation, around, moment, past)


def _worked(run: Run, past: Past | None) -> tuple[Sequence[Step], int]:
    """Return the items that were worked on last, and how many there are in all."""
    if past is None:
        found = selectors.worked_inside(run)
        return list(found[:MOST_WORKED]), found.count()
    keys = past.worked_inside()
    return _rows(past, keys[:MOST_WORKED]), len(keys)


def _panel(request: MemberRequest, run: Run, scene: Scene) -> StepPanel:
    """Return the step that the address names, with one page of what is inside it; raises StepUnknown."""
    return _panel_now(request, run, scene) if scene.past is None else _panel_then(request, scene, scene.past)


def _panel_now(request: MemberRequest, run: Run, scene: Scene) -> StepPanel:
    key, state = scene.place.step, scene.place.state
    step = selectors.step_of(run, key)
    rows, pager = numbered(selectors.children_of(run, key, state), request)
    around = selectors.around(run, [step, *rows])
    counts = dict(selectors.children_of(run, key).order_by().values_list("status").annotate(n=Count("id")))
    return StepPanel.of(
        scene,
        step,
        scene.steps.get(step.parent),
        selectors.remarks_of(run, [key]).get(key),
        around,
        inside=[Inside.of(scene, row, around) for row in rows],
        counts=counts,
        verdicts=verdicts_on(step),
        pager=pager,
        sealed=selectors.sealed_in(step) if may(request, Right.AUDIT_READ) else [],
    )


def _panel_then(request: MemberRequest, scene: Scene, past: Past) -> StepPanel:
    key, state = scene.place.step, scene.place.state
    step = past.step(key)
    if step is None:
        raise StepUnknown(name=key)
    keys, pager = numbered(past.inside(key, state), request)
    return StepPanel.of(
        scene,
        step,
        past.step(step.parent),
        None,
        Around(),
        inside=[Inside.of(scene, row, Around()) for row in _rows(past, keys)],
        counts=past.counts(key),
        pager=pager,
    )


def _rows(past: Past, keys: Sequence[str]) -> list[Step]:
    return [step for key in keys if (step := past.step(key)) is not None]


def _record_of(request: MemberRequest, run: Run, at: int | None) -> list[AuditEvent]:
    if not may(request, Right.AUDIT_READ):
        return []
    written = selectors.records_of(run).reverse()
    return uncovered((written if at is None else written.filter(stream_no__lte=at))[:AUDIT_LINES])
