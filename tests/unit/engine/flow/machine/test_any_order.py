"""Whatever happens in whatever order, every run ends, nothing succeeds twice, and the counts are right."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from coordination.engine.flow import events as ev
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.records import from_record
from coordination.engine.flow.replay import replay
from tests.unit.engine.flow.graphs import VALUE, graphs
from tests.unit.engine.flow.kept import Kept
from tests.unit.engine.flow.worlds import World, meddle, snapshot

FATES = ("good", "good", "good", "held", "bad", "flaky", "crash", "lost")
# These look at the whole run, and may open steps anywhere in it.
BY_PEOPLE = ev.RunResumed | ev.StepSkipped | ev.StepOverridden | ev.StepRetried
chances = st.randoms(use_true_random=False)


def play(world: World, chance: Random, *, meddling: float, events: int = 60) -> None:
    for _ in range(events):
        if world.state.ended and not meddling:
            return
        things = world.answerable()
        if chance.random() < meddling:
            meddle(world, chance)
        elif things:
            world.answer(chance.choice(things), chance.choice(FATES))


@settings(max_examples=150, deadline=None)
@given(graphs(), chances)
def test_every_run_ends_in_any_order_of_events_and_no_step_succeeds_twice(plan: Plan, chance: Random) -> None:
    world = World(plan, VALUE)
    play(world, chance, meddling=0)
    world.calm_down()
    assert all(world.state.steps[key].ended for key in {*plan.steps, *world.state.steps})


@settings(max_examples=150, deadline=None)
@given(graphs(), chances)
def test_people_may_interfere_at_any_time_and_the_run_still_ends(plan: Plan, chance: Random) -> None:
    world = World(plan, VALUE)
    play(world, chance, meddling=0.25)
    world.calm_down()
    assert all(world.state.steps[key].ended for key in {*plan.steps, *world.state.steps})


@settings(max_examples=80, deadline=None)
@given(graphs(), chances)
def test_the_records_of_a_run_lead_to_its_state(plan: Plan, chance: Random) -> None:
    world = World(plan, VALUE)
    play(world, chance, meddling=0.1)
    world.calm_down()
    assert snapshot(replay(plan, VALUE, {}, world.records)) == snapshot(world.state)


@settings(max_examples=100, deadline=None)
@given(graphs(), chances)
def test_steps_that_are_loaded_when_needed_come_to_the_same_and_only_neighbours_are_touched(
    plan: Plan, chance: Random
) -> None:
    world = World(plan, VALUE)
    play(world, chance, meddling=0.1)
    world.calm_down()
    kept = Kept(plan, VALUE)
    for kind, step, data in world.records:
        event = from_record(kind, step, data)
        assert event is not None
        missed = kept.take(event)
        assert missed == [] or isinstance(event, BY_PEOPLE), event
    assert kept.snapshot() == snapshot(world.state)


def played_by(plan: Plan, seed: int, chance: Random) -> dict[str, Any]:
    """Play a run in one order; what each attempt comes to depends on the step and its attempt alone."""
    world = World(plan, VALUE)
    while not world.state.ended:
        things = world.answerable()
        if not things:
            world.calm_down()
            break
        thing = chance.choice(things)
        tries = world.state.steps[thing[1]].tries
        fate = Random(f"{seed} {thing[1]} {tries}").choice(["good", "good", "bad", "flaky"])
        world.answer(thing, fate)
    return outcome(world)


@settings(max_examples=80, deadline=None)
@given(graphs(in_order=True), st.integers(0, 1_000), chances, chances)
def test_where_order_cannot_matter_every_order_ends_the_same(plan: Plan, seed: int, one: Random, other: Random) -> None:
    assert played_by(plan, seed, one) == played_by(plan, seed, other)


@settings(max_examples=100, deadline=None)
@given(graphs(in_order=True))
def test_a_crash_at_any_point_changes_nothing_but_the_count_of_attempts(plan: Plan) -> None:
    undisturbed = World(plan, VALUE)
    undisturbed.calm_down()
    for at in range(sum(kind == "StepClaimed" for kind, _, _ in undisturbed.records)):
        world = World(plan, VALUE)
        world.crash_at = at
        world.calm_down()
        assert outcome(world) == outcome(undisturbed)


def outcome(world: World) -> dict[str, Any]:
    seen = {key: (step.status, step.output, step.error) for key, step in world.state.steps.items()}
    return {"steps": seen, "end": (world.state.status, world.state.output)}
