"""Workflows: the list, one version with its text and its picture, and the editor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.flow.definition import Step
from coordination.runs.selectors.usage import WorkflowUse
from coordination.web import words
from coordination.web.contexts.parts import Pager
from coordination.web.contexts.status import Status
from coordination.web.contexts.versions import Act, VersionView, views_of
from coordination.web.contexts.workflow_graph import KINDS, WorkflowGraph, who_does
from coordination.web.forms.manifest import said
from coordination.web.forms.workflows import Written
from coordination.workflows.models import Workflow, WorkflowVersion

UNUSED = WorkflowUse()


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """One workflow in the list."""

    workflow: Workflow
    link: str
    use: WorkflowUse
    success: str

    @classmethod
    def of(cls, workflow: Workflow, use: WorkflowUse) -> "WorkflowRow":
        """Return the row."""
        return cls(workflow, reverse("workflow", args=[workflow.name]), use, _success(use))


@dataclass(frozen=True, slots=True)
class WorkflowsPage:
    """The list of workflows."""

    rows: list[WorkflowRow]
    pager: Pager
    here: str
    may_edit: bool

    @classmethod
    def of(
        cls,
        workflows: Sequence[Workflow],
        pager: Pager,
        use: Mapping[str, WorkflowUse],
        membership: Membership,
        here: str,
    ) -> "WorkflowsPage":
        """Compute the list for one member."""
        rows = [WorkflowRow.of(one, use.get(one.name, UNUSED)) for one in workflows]
        return cls(rows, pager, here, may(membership, Right.WORKFLOW_EDIT))


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of the text; those of the chosen step stand out."""

    number: int
    text: str
    here: bool


@dataclass(frozen=True, slots=True)
class StepCard:
    """What one step asks for, in words."""

    step: Step
    kind: Status
    facts: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class WorkflowPage:
    """One version of a workflow."""

    workflow: Workflow
    version: WorkflowVersion
    status: Status
    here: str
    facts: list[str]
    lines: list[SourceLine]
    graph: WorkflowGraph | None
    chosen: StepCard | None
    versions: list[VersionView[WorkflowVersion]]
    may_edit: bool
    may_start: bool
    may_publish: bool
    may_stop: bool
    is_stopped: bool
    brake_link: str

    @classmethod
    def of(
        cls,
        workflow: Workflow,
        version: WorkflowVersion,
        text: Written,
        versions: Sequence[WorkflowVersion],
        use: WorkflowUse,
        membership: Membership,
        chosen: str,
    ) -> "WorkflowPage":
        """Compute the page for one member."""
        here = f"{reverse('workflow', args=[workflow.name])}?version={version.number}"
        steps = {step.id: step for step in text.spec.steps} if text.spec else {}
        first, last = text.lines.get(chosen, (0, -1))
        edits = may(membership, Right.WORKFLOW_EDIT)
        is_stopped = workflow.stopped_at is not None
        return cls(
            workflow=workflow,
            version=version,
            status=_status(workflow, version),
            here=f"{here}&step={chosen}" if chosen in steps else here,
            facts=_facts(use),
            lines=[
                SourceLine(number, line, first <= number <= last)
                for number, line in enumerate(text.text.splitlines(), start=1)
            ],
            graph=WorkflowGraph.of(text.spec, lambda step: f"{here}&step={step.id}#step", chosen),
            chosen=_card(steps[chosen]) if chosen in steps else None,
            versions=views_of(
                versions,
                status=lambda one: _status(workflow, one),
                acts=lambda one: _acts(workflow, one) if edits else [],
                link=lambda one: f"{reverse('workflow', args=[workflow.name])}?version={one.number}",
            ),
            may_edit=edits,
            may_start=may(membership, Right.RUN_START) and workflow.live is not None and not is_stopped,
            may_publish=edits and workflow.live_id != version.id,
            may_stop=may(membership, Right.STOP),
            is_stopped=is_stopped,
            brake_link=reverse("brake-workflow", args=[workflow.name, "resume" if is_stopped else "stop"]),
        )


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a text, and where to look."""

    text: str
    place: str
    line: int | None
    column: int | None


@dataclass(frozen=True, slots=True)
class EditorPage:
    """The text of a workflow being written, what is wrong with it, and its picture."""

    name: str
    text: str
    mistakes: list[Mistake]
    summary: str
    graph: WorkflowGraph | None
    is_checked: bool
    here: str
    back: str

    @classmethod
    def of(cls, text: Written, name: str = "", *, is_checked: bool = True) -> "EditorPage":
        """Compute the page; without a name it is about a new workflow."""
        errors = [*text.errors, *text.missing]
        wrong = f"{len(errors)} to correct"
        return cls(
            name=name,
            text=text.text,
            mistakes=[Mistake(said(error), error.pointer, error.line, error.column) for error in errors],
            summary=wrong if text.errors else f"{wrong} before it can be published; a draft can be saved as it is",
            graph=WorkflowGraph.of(text.spec, lambda _: "#source"),
            is_checked=is_checked,
            here=reverse("edit-workflow", args=[name]) if name else reverse("new-workflow"),
            back=reverse("workflow", args=[name]) if name else reverse("workflows"),
        )


def _status(workflow: Workflow, version: WorkflowVersion) -> Status:
    if workflow.live_id == version.id:
        return Status("live", "ok", "done", f"v{version.number} live")
    word = "draft" if version.published_at is None else "was live"
    return Status(word, "idle", "idle", f"v{version.number} {word}")


def _acts(workflow: Workflow, version: WorkflowVersion) -> list[Act]:
    if workflow.live_id == version.id:
        return []
    title = f"Publish v{version.number}" if version.published_at is None else f"Go back to v{version.number}"
    return [Act(title, reverse("publish-workflow", args=[workflow.name]))]


def _success(use: WorkflowUse) -> str:
    return words.percent(use.succeeded / use.ended) if use.ended else "—"


def _facts(use: WorkflowUse) -> list[str]:
    if not use.runs:
        return ["no runs in 24 h"]
    told = [f"{words.plural(use.runs, 'run')} in 24 h"]
    if use.ended:
        told.append(f"{_success(use)} succeeded")
    if use.median_s is not None:
        told.append(f"half within {words.duration(use.median_s)}")
    return told


def _card(step: Step) -> StepCard:
    facts = [("Given to", who_does(step)), ("After", ", ".join(step.needs) or "nothing: it begins")]
    if step.join == "any":
        facts.append(("Starts", "as soon as one of them is done"))
    if step.when:
        facts.append(("Only if", step.when))
    if step.agent is not None:
        facts += [(f"Fallback {at}", str(one)) for at, one in enumerate(step.agent.fallback, start=1)]
    if step.council is not None:
        rule = step.vote.rule if step.vote is not None else step.negotiate.protocol if step.negotiate else ""
        facts.append(("Settled by", rule))
        facts.append(("If not", "a person decides" if step.council.unsettled == "ask" else "the step fails"))
    if step.retry.max:
        facts.append(("Tried again", f"up to {step.retry.max} times, first after {step.retry.backoff}"))
    if step.timeout:
        facts.append(("Timeout", step.timeout))
    if step.approval is not None:
        n_people = sum(asked.n_required for asked in step.approval.chain)
        facts.append(("Must agree", words.plural(n_people, "person", "people")))
    facts.append(("When it fails", "the run fails" if step.on_error == "fail" else "the run goes on"))
    return StepCard(step, KINDS[step.kind], facts)
