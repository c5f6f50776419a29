"""What people change about triggers."""

from collections.abc import Callable
from typing import Any

import pytest

from coordination.accounts.actors import Actor
from coordination.engine.manifest import Manifest
from coordination.triggers.definition import Kind
from coordination.triggers.errors import AlreadyPaused, NotAWebhook, NotPaused, TriggerInvalid, TriggerUnknown
from coordination.triggers.hooks import secret_of
from coordination.triggers.models import Trigger
from coordination.triggers.selectors import said_by
from coordination.triggers.services import (
    fire_by_hand,
    pause_trigger,
    remove_trigger,
    resume_trigger,
    rotate_secret,
    save_trigger,
)
from coordination.workflows.services import save_draft
from tests.factories import make_member, make_organization
from tests.integration.triggers.conftest import World

ADA = Actor("user", "ada")


def wrong(world: World, **said: Any) -> dict[str, str]:
    """Return what is wrong with a trigger, by pointer."""
    whole = {"name": "x", "workflow": "report", "kind": "cron", "spec": {"cron": "0 9 * * *"}, **said}
    with pytest.raises(TriggerInvalid) as refused:
        save_trigger(world.organization, whole, ADA)
    assert not Trigger.objects.filter(name="x").exists()
    return {error.pointer: f"{error.message} {error.suggestion or ''}".strip() for error in refused.value.errors}


def test_everything_that_is_wrong_is_told_at_once(world: World) -> None:
    found = wrong(
        world,
        name="No Name",
        spec={"cron": "99 * * * *", "time_zone": "Europe/Berlni", "tz": "x"},
        priority=101,
        overlap="never",
        titel="x",
    )
    assert set(found) == {"/name", "/spec/cron", "/spec/time_zone", "/spec/tz", "/priority", "/overlap", "/titel"}
    assert found["/titel"].endswith("title")
    assert found["/spec/time_zone"].endswith("Europe/Berlin is one")


@pytest.mark.parametrize(
    ("said", "pointer", "told"),
    [
        ({"kind": "hourly"}, "/kind", "'cron', 'interval', 'webhook' or 'run-end'"),
        ({"workflow": "reprot"}, "/workflow", "there is no workflow named reprot"),
        ({"kind": "interval", "spec": {"every": "1s"}}, "/spec/every", "out of bounds"),
        ({"kind": "interval", "spec": {"every": "soon"}}, "/spec/every", "not a duration"),
        ({"kind": "interval", "spec": {"every": "9999d"}}, "/spec/every", "out of bounds"),
        ({"kind": "interval", "spec": {"every": "1h", "start": "noon"}}, "/spec/start", "is not a time"),
        ({"kind": "webhook", "spec": {"per_minute": 0}}, "/spec/per_minute", "greater than or equal to 1"),
        ({"kind": "run-end", "spec": {"workflow": "nothing"}}, "/spec/workflow", "there is no workflow named"),
        ({"kind": "run-end", "spec": {"workflow": "report", "statuses": []}}, "/spec/statuses", "at least 1"),
        ({"kind": "run-end", "spec": {"workflow": "report", "statuses": ["ok"]}}, "/spec/statuses/0", "succeeded"),
        ({"input": {"day": "${evnt.due_at}"}}, "/input/day", "unknown name evnt.due_at"),
        ({"input": {"day": "${steps.x}"}}, "/input/day", "steps"),
        ({"input": {"n": "many"}}, "/input/n", "is not of type 'number'"),
    ],
)
def test_a_mistake_is_told_where_it_is(world: World, said: dict[str, Any], pointer: str, told: str) -> None:
    found = wrong(world, **said)
    assert list(found) == [pointer]
    assert told in found[pointer]


def test_a_workflow_that_is_still_a_draft_can_be_named(world: World) -> None:
    draft = {"kind": "Workflow", "metadata": {"name": "draft"}, "spec": {"steps": [{"id": "a", "set": {"x": 1}}]}}
    save_draft(world.organization, Manifest.model_validate(draft), ADA)
    world.trigger(workflow="draft")
    fired = fire_by_hand(world.organization, "nightly", ADA)
    assert (fired.state, fired.reason) == (
        "refused", "The workflow draft has no published version yet; publish it first.",
    )  # fmt: skip


def test_saving_the_same_again_changes_nothing(world: World) -> None:
    for kind in Kind:
        made = world.trigger(kind, name=f"on-{kind}")
        world.later(minutes=7)
        again = save_trigger(world.organization, said_by(made), ADA)
        assert (again.version, again.next_at, again.cursor) == (1, made.next_at, made.cursor)
        assert len(world.recorded(f"on-{kind}")) == 1


def test_an_interval_without_a_start_keeps_the_one_it_has(world: World) -> None:
    made = world.trigger("interval", {"every": "1h"})
    world.later(minutes=10)
    again = world.trigger("interval", {"every": "1h"}, title="Every hour")
    assert (again.spec, again.version, again.next_at) == (made.spec, 2, made.next_at)
    other = world.trigger("interval", {"every": "2h"})
    assert other.spec["start"] == world.now.isoformat()


def test_a_trigger_keeps_its_kind(world: World) -> None:
    world.trigger()
    with pytest.raises(TriggerInvalid) as refused:
        world.trigger("webhook")
    assert refused.value.errors[0].pointer == "/kind"


def test_each_change_is_on_record_with_who_made_it(world: World) -> None:
    world.trigger("webhook")
    pause_trigger(world.organization, "nightly", ADA, "quiet")
    with pytest.raises(AlreadyPaused):
        pause_trigger(world.organization, "nightly", ADA)
    resume_trigger(world.organization, "nightly", ADA)
    with pytest.raises(NotPaused):
        resume_trigger(world.organization, "nightly", ADA)
    rotate_secret(world.organization, "nightly", ADA)
    fire_by_hand(world.organization, "nightly", ADA)
    remove_trigger(world.organization, "nightly", ADA)
    with pytest.raises(TriggerUnknown):
        remove_trigger(world.organization, "nightly", ADA)
    kinds = ["Paused", "Resumed", "SecretRotated", "Fired", "Removed"]
    assert world.recorded()[1:] == [(f"Trigger{kind}", "user:ada") for kind in kinds]
    assert len(world.runs()) == 1


def test_only_a_webhook_has_a_secret_and_rotating_makes_another(world: World) -> None:
    hook = world.trigger("webhook")
    before = secret_of(hook)
    rotated, after = rotate_secret(world.organization, "nightly", ADA)
    assert before != after == secret_of(rotated)
    assert before not in str(Trigger.objects.values().get())
    world.trigger(name="timed")
    with pytest.raises(NotAWebhook):
        rotate_secret(world.organization, "timed", ADA)


def test_who_fires_by_hand_has_started_the_run(world: World) -> None:
    member = make_member(world.organization, "maria", ["manager"])
    world.trigger()
    pause_trigger(world.organization, "nightly", ADA)
    fired = fire_by_hand(world.organization, "nightly", Actor.of(member))
    assert fired.run is not None
    assert (fired.run.started_by_id, fired.run.started_by_name) == (member.user_id, "nightly")


def test_another_organizations_trigger_is_unknown(world: World) -> None:
    world.trigger()
    acts: list[Callable[..., object]] = [remove_trigger, pause_trigger, rotate_secret, fire_by_hand]
    for act in acts:
        with pytest.raises(TriggerUnknown):
            act(make_organization("globex"), "nightly", ADA)
