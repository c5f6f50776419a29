"""The run page: what it waits for, its flow, who worked, on what data, why; now or at an earlier moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.models import ApprovalRequest
from coordination.audit.models import AuditEvent
from coordination.engine.proof.personal import ERASED
from coordination.engine.trust.tables import DEFAULT, Bands
from coordination.runs.models import Run, RunMessage, Step
from coordination.runs.selectors import Explanation
from coordination.web import words
from coordination.web.contexts import run_notes, run_reasons
from coordination.web.contexts import status as statuses
from coordination.web.contexts.parts import Choice, Reason
from coordination.web.contexts.risk_picture import RiskPicture, riskiest
from coordination.web.contexts.run_controls import Control, controls, signal_link
from coordination.web.contexts.run_graph import RunGraph
from coordination.web.contexts.run_intervention import interventions, message_link
from coordination.web.contexts.run_messages import MessageView
from coordination.web.contexts.run_names import called
from coordination.web.contexts.run_place import TABS, Place
from coordination.web.contexts.run_records import ActionView, AuditLine, DecisionView, Waiting
from coordination.web.contexts.run_replay import Replay
from coordination.web.contexts.run_scene import Scene
from coordination.web.contexts.run_step import StepPanel
from coordination.web.contexts.run_timeline import Timeline
from coordination.web.contexts.status import Status
from coordination.workflows.selectors import plan_of

# So many questions stand above the flow; the inbox has the others.
MOST_QUESTIONS = 3
MOST_DECISIONS = 100
MOST_ACTIONS = 5


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the workflow in the list of them."""

    step: Step
    title: str
    status: Status
    note: str
    took_s: float | None
    link: str


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that a step waits for."""

    name: str
    step: str
    link: str


@dataclass(frozen=True, slots=True)
class Whole:
    """The run that this one is a part of."""

    title: str
    step: str
    link: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """Everything the run page shows."""

    run: Run
    explanation: Explanation
    place: Place
    status: Status
    risk: Status | None
    # Its riskiest action, and how many were scored.
    picture: RiskPicture | None
    n_scored: int
    topic: str
    short_id: str
    whole: Whole | None
    facts: list[str]
    controls: list[Control]
    waiting: list[Waiting]
    n_more_waiting: int
    signals: list[Signal]
    graph: RunGraph
    progress: str
    replay: Replay
    question: str
    reasons: list[Reason]
    actions: list[ActionView]
    tabs: list[Choice]
    timeline: Timeline
    unseen: str
    steps: list[StepRow]
    panel: StepPanel | None
    decisions: list[DecisionView]
    audit: list[AuditLine]
    messages: list[MessageView]
    message_link: str
    interventions: list[Choice]

    @classmethod
    def of(
        cls,
        scene: Scene,
        replay: Replay,
        *,
        panel: StepPanel | None = None,
        worked: Sequence[Step] = (),
        n_worked: int = 0,
        audit: Sequence[AuditEvent] = (),
        messages: Sequence[RunMessage] = (),
        bands: Bands = DEFAULT.bands,
    ) -> "RunPage":
        """Compute the page; `worked` are items that were worked on last, of `n_worked` in all."""
        run, place, explanation = scene.run, scene.place, scene.explanation
        requests = [] if scene.past else [request for request in explanation.approvals if request.is_open]
        return cls(
            run=run,
            explanation=explanation,
            place=place,
            status=statuses.of_run(run, asks_people=scene.asks_people),
            risk=None if scene.past else statuses.of_risk(run.risk, bands),
            picture=riskiest(explanation.decisions, bands),
            n_scored=sum("risk.parts" in decision.input for decision in explanation.decisions),
            topic=f"run-{run.id}",
            short_id=words.shortened(run.id),
            whole=_whole(run),
            facts=_facts(run, explanation),
            controls=[] if scene.past else controls(run, scene.membership),
            waiting=[Waiting.of(scene, request) for request in requests[:MOST_QUESTIONS]],
            n_more_waiting=max(0, len(requests) - MOST_QUESTIONS),
            signals=_signals(scene),
            graph=_graph(scene),
            progress=_progress(run),
            replay=replay,
            question=run_reasons.question(explanation),
            reasons=run_reasons.reasons(scene),
            actions=_actions(scene, requests),
            tabs=_tabs(scene),
            timeline=Timeline.of([*explanation.steps, *worked], scene.now, lambda step: called(run, step.key)),
            unseen=f"the last {len(worked):,} of {n_worked:,} items" if n_worked > len(worked) else "",
            steps=[_row(scene, step) for step in explanation.steps],
            panel=panel,
            decisions=_decisions(scene) if place.tab == "decisions" else [],
            audit=[AuditLine.of(scene, event) for event in audit],
            messages=[MessageView.of(run, one, has_ended=statuses.has_ended(run)) for one in messages],
            message_link=message_link(scene),
            interventions=interventions(scene),
        )


def _whole(run: Run) -> Whole | None:
    if run.parent is None:
        return None
    link = Place(run.parent.pk).on_step(run.parent_step)
    return Whole(run.parent.title, called(run.parent, run.parent_step), link)


def _facts(run: Run, explanation: Explanation) -> list[str]:
    agents = {activation.agent for activation in explanation.agents}
    erased = ["personal values erased"] if ERASED in str(run.input) else []
    return [
        *erased,
        words.plural(len(agents), "agent"),
        words.plural(explanation.n_decisions, "policy check"),
    ]


def _graph(scene: Scene) -> RunGraph:
    chosen = scene.place.step
    parent = plan_of(scene.run.workflow_version_id).parent_of(chosen)
    return RunGraph.of(
        scene.run.workflow_version_id,
        scene.steps,
        scene.around,
        lambda step: f"{scene.place.on_step(step.key)}#tabs",
        parent or chosen,
    )


def _progress(run: Run) -> str:
    said = f"{words.count(run.steps_done)} of {words.plural(run.steps_total, 'step')} done"
    if run.started_at and run.finished_at:
        took = words.duration((run.finished_at - run.started_at).total_seconds())
        return f"{said} · took {took}"
    return said


def _signals(scene: Scene) -> list[Signal]:
    """Return the signals that are waited for, if this member may send one."""
    if scene.past or not may(scene.membership, Right.RUN_CONTROL):
        return []
    found = []
    for step in scene.explanation.steps:
        wait = scene.definition(step.key).wait
        if wait is not None and wait.signal is not None and statuses.of_step(step) == statuses.RESTING:
            found.append(Signal(wait.signal, step.title or step.key, signal_link(scene.run, wait.signal)))
    return found


def _tabs(scene: Scene) -> list[Choice]:
    explanation = scene.explanation
    counts = {"data": explanation.n_data, "decisions": explanation.n_decisions, "steps": len(explanation.steps)}
    return [
        Choice(title, scene.place.on_tab(name), name == scene.place.tab, counts.get(name))
        for name, title in TABS.items()
        if name != "audit" or may(scene.membership, Right.AUDIT_READ)
    ]


def _row(scene: Scene, step: Step) -> StepRow:
    notes = run_notes.notes(step, scene.definition(step.key), scene.around)
    took = run_notes.took_s(step)
    remark = scene.around.remarks.get(step.key)
    said = [remark.reason] if remark and remark.reason else notes if took is None else notes[:-1]
    return StepRow(
        step=step,
        title=step.title or step.key,
        status=statuses.of_step(step),
        note=" · ".join(said),
        took_s=took,
        link=scene.place.on_step(step.key),
    )


def _decisions(scene: Scene) -> list[DecisionView]:
    return [DecisionView.of(scene, one) for one in scene.explanation.decisions[::-1][:MOST_DECISIONS]]


def _actions(scene: Scene, requests: list[ApprovalRequest]) -> list[ActionView]:
    proposed = [ActionView.proposed(request) for request in requests[:MOST_QUESTIONS] if request.parameters]
    return [*proposed, *(ActionView.released(scene, call) for call in scene.explanation.actions[-MOST_ACTIONS:])]
