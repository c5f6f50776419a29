"""Workflows: the list, one version, the editor, and putting a version to work."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.manifests.kinds import manifest
from coordination.manifests.writing import as_yaml
from coordination.runs.selectors.usage import workflow_use
from coordination.shared.errors import FieldError
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.versions import SHOWN
from coordination.web.contexts.workflows import UNUSED, EditorPage, WorkflowPage, WorkflowsPage
from coordination.web.forms.workflows import KIND, STARTER, Written, looked_for, written
from coordination.web.paging import numbered
from coordination.workflows import services
from coordination.workflows.errors import VersionUnknown
from coordination.workflows.models import Workflow, WorkflowVersion
from coordination.workflows.selectors import latest_version, version_numbered, workflow_named, workflows

TAKEN = "there is a workflow of this name already; edit that one, or take another name"


@require_safe
@require(Right.READ)
def workflow_list(request: MemberRequest) -> HttpResponse:
    """List workflows by name."""
    organization = request.membership.organization
    rows, pager = numbered(workflows(organization), request)
    page = WorkflowsPage.of(rows, pager, workflow_use(organization), request.membership, request.get_full_path())
    return fragments.render(request, "workflows/list.html", page, parts=("workflows",))


@require_safe
@require(Right.READ)
def workflow_detail(request: MemberRequest, name: str) -> HttpResponse:
    """Show one version, the newest unless the address names another."""
    organization = request.membership.organization
    workflow = workflow_named(organization, name)
    version = _asked(workflow, request.GET.get("version", ""))
    page = WorkflowPage.of(
        workflow,
        version,
        written(text_of(workflow, version)),
        list(workflow.versions.order_by("-number")[: SHOWN + 1]),
        workflow_use(organization).get(name, UNUSED),
        request.membership,
        request.GET.get("step", ""),
    )
    return fragments.render(request, "workflows/detail.html", page, parts=("workflow",))


@require(Right.WORKFLOW_EDIT)
def new_workflow(request: MemberRequest) -> HttpResponse:
    """Offer a text to begin with, and save what becomes of it."""
    return _editor(request, None)


@require(Right.WORKFLOW_EDIT)
def edit_workflow(request: MemberRequest, name: str) -> HttpResponse:
    """Offer the newest version's text, and save what becomes of it as the next."""
    return _editor(request, workflow_named(request.membership.organization, name))


@require_POST
@require(Right.WORKFLOW_EDIT)
def publish_workflow(request: MemberRequest, name: str) -> HttpResponse:
    """Make a version the one that new runs use."""
    organization = request.membership.organization
    workflow = workflow_named(organization, name)
    version = version_numbered(workflow, number := _number(workflow, request.POST.get("version", "")))
    found = looked_for(written(text_of(workflow, version), name), organization, name)
    if found.errors or found.missing:
        return _checked(request, found, name)
    services.publish(organization, name, number, Actor.of(request.membership))
    messages.success(request, f"Version {number} is live: new runs use it, running ones keep theirs.")
    return redirect(_address(name, number))


def text_of(workflow: Workflow, version: WorkflowVersion) -> str:
    """Return the author's own text, or the definition written out where there is none."""
    return version.source or as_yaml([manifest(KIND, workflow, version.spec)])


def _editor(request: MemberRequest, workflow: Workflow | None) -> HttpResponse:
    name = workflow.name if workflow else ""
    if request.method != "POST":
        text = text_of(workflow, _asked(workflow, "")) if workflow else STARTER
        return fragments.render(request, "workflows/edit.html", EditorPage.of(written(text), name, is_checked=False))
    found = written(request.POST.get("source", "").replace("\r\n", "\n"), name)
    act = request.POST.get("act", "check")
    if act != "save":
        found = looked_for(found, request.membership.organization, name)
    if found.manifest is not None and act in ("save", "publish") and not found.missing:
        if workflow is not None or not _is_taken(request, found):
            return _save(request, found, is_publishing=act == "publish")
        found.errors.append(FieldError("/metadata/name", TAKEN))
    return _checked(request, found, name)


def _checked(request: MemberRequest, found: Written, name: str) -> HttpResponse:
    """Show a text again with all that is wrong with it, or say that nothing is."""
    is_wrong = found.errors or found.missing
    status = 422 if is_wrong and not fragments.is_fragment(request) else 200
    page = EditorPage.of(found, name)
    return fragments.render(request, "workflows/edit.html", page, parts=("checked",), status=status)


def _save(request: MemberRequest, found: Written, *, is_publishing: bool) -> HttpResponse:
    organization, actor, said = request.membership.organization, Actor.of(request.membership), found.manifest
    assert said is not None  # noqa: S101  (the caller has looked)
    version = services.save_draft(organization, said, actor, source=found.text)
    name = said.metadata.name
    if is_publishing:
        services.publish(organization, name, version.number, actor)
        messages.success(request, f"Version {version.number} is live: new runs use it, running ones keep theirs.")
    else:
        messages.success(request, f"Saved as draft, version {version.number}. Runs use it once it is published.")
    return redirect(_address(name, version.number))


def _is_taken(request: MemberRequest, found: Written) -> bool:
    name = found.manifest.metadata.name if found.manifest else ""
    return workflows(request.membership.organization).filter(name=name).exists()


def _asked(workflow: Workflow, number: str) -> WorkflowVersion:
    """Return the version that an address names, else the newest; raises VersionUnknown."""
    if number:
        return version_numbered(workflow, _number(workflow, number))
    newest = latest_version(workflow)
    if newest is None:
        raise VersionUnknown(name=workflow.name, number=1)
    return newest


def _number(workflow: Workflow, typed: str) -> int:
    if not typed.isdecimal() or len(typed) > 9:
        raise VersionUnknown(name=workflow.name, number=typed[:20] or "without a number")
    return int(typed)


def _address(name: str, number: int) -> str:
    return f"{reverse('workflow', args=[name])}?version={number}"
