"""A run begins."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.policies.selectors import stamp_beside
from coordination.runs.birth import Wish, new_run
from coordination.runs.effects import hand_on_all
from coordination.runs.errors import InputInvalid, OrganizationStopped
from coordination.runs.loading import Loaded, save
from coordination.runs.models import Run
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject
from coordination.shared.pipeline import Prepared
from coordination.workflows.models import WorkflowVersion
from coordination.workflows.selectors import live_version, live_versions

# With the stamp of the policies that hold: no statement more than without it.
_LIVE_WITH_STAMP: Prepared[WorkflowVersion] = Prepared(
    lambda organization_id, name: live_versions(organization_id, name).annotate(
        stamp=stamp_beside("workflow__organization_id")
    ),
    UUID(int=1),
    "?",
)


def start_run(
    organization: Organization,
    workflow: str,
    value: JsonObject,
    *,
    actor: Actor,
    title: str = "",
    priority: int = 50,
) -> Run:
    """Start a run of the workflow's live version; raises WorkflowUnknown, NotPublished, InputInvalid, ActDenied.

    Raises WorkflowStopped, OrganizationStopped where people stopped it.
    """
    [run] = start_runs(organization, [Wish(workflow, value, title, priority)], actor=actor)
    return run


def start_runs(organization: Organization, wishes: Sequence[Wish], *, actor: Actor) -> list[Run]:
    """Start all of these runs with one commit, or none; raises WorkflowUnknown, NotPublished, InputInvalid, ActDenied.

    Of several runs, the errors name each input that is wrong by its place.
    """
    if organization.halted_at is not None:
        raise OrganizationStopped
    versions = {name: live_version(organization, name, _LIVE_WITH_STAMP) for name in {wish.workflow for wish in wishes}}
    begun: list[Loaded] = []
    wrong: list[FieldError] = []
    with transaction.atomic():
        for place, wish in enumerate(wishes):
            try:
                version = versions[wish.workflow]
                loaded, effects = new_run(organization, version, wish, actor, vars(version)["stamp"])
            except InputInvalid as error:
                if len(wishes) == 1:
                    raise
                wrong += [_at(place, found) for found in error.errors]
                continue
            hand_on_all(loaded, effects)
            begun.append(loaded)
        if wrong:
            problem = f"{wrong[0].message} ({wrong[0].pointer})"
            raise InputInvalid(errors=wrong, workflow=wishes[0].workflow, problem=problem)
        save(begun, actor)
    return [loaded.run for loaded in begun]


def _at(place: int, found: FieldError) -> FieldError:
    return replace(found, pointer=f"/inputs/{place}{found.pointer.removeprefix('/input')}")
