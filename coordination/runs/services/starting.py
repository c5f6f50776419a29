"""A run begins."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.runs.birth import Wish, new_run
from coordination.runs.effects import hand_on_all
from coordination.runs.loading import save
from coordination.runs.models import Run
from coordination.shared.json import JsonObject
from coordination.workflows.selectors import live_version


def start_run(
    organization: Organization,
    workflow: str,
    value: JsonObject,
    *,
    actor: Actor,
    title: str = "",
    priority: int = 50,
) -> Run:
    """Start a run of the workflow's live version; raises WorkflowUnknown, NotPublished, InputInvalid."""
    version = live_version(organization, workflow)
    with transaction.atomic():
        loaded, effects = new_run(organization, version, Wish(workflow, value, title, priority), actor)
        hand_on_all(loaded, effects)
        save([loaded], actor)
    return loaded.run
