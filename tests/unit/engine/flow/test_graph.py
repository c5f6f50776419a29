"""A plan knows who follows whom, what stands inside a step, and what each step reads."""

from coordination.engine.flow.graph import child_key, is_undo, undo_key
from tests.unit.engine.flow.plays import agent, each, plan

UNDO = {"action": {"tool": "cancel", "args": {"of": "${steps.a.output.id}"}}, "timeout": "9s"}


def test_downstream_is_a_step_and_all_that_follow() -> None:
    a_plan = plan(agent("a"), agent("b", "a"), agent("c", "b"), agent("d"))
    assert set(a_plan.downstream("a")) == {"a", "b", "c"}


def test_an_item_is_what_the_body_of_its_map_says() -> None:
    definition = plan(each("all", retry={"max": 3}, on_error="continue")).definition("all[17]")
    assert (definition.kind, definition.retry.max, definition.on_error) == ("agent", 3, "fail")


def test_a_body_has_its_own_time_limit() -> None:
    body = {"over": "${input}", "agent": {"name": "x"}, "timeout": "9s"}
    a_plan = plan({"id": "all", "map": body, "timeout": "1m"})
    assert (a_plan.steps["all"].timeout, a_plan.definition("all[0]").timeout) == ("1m", "9s")


def test_a_round_is_what_the_body_of_its_loop_says() -> None:
    definition = plan({"id": "r", "loop": {"until": "${true}", "set": {"n": 1}}}).definition("r[0]")
    assert definition.set == {"n": 1}


def test_a_racer_is_its_step_for_one_agent() -> None:
    call = {"role": "expert", "strategy": "race", "fallback": [{"name": "x"}]}
    a_plan = plan(agent("ask", agent=call, input={"q": "?"}, on_error="continue", when="${true}"))
    racer = a_plan.definition("ask[2]")
    assert racer.agent is not None
    assert (racer.agent.strategy, racer.agent.role, racer.agent.route) == ("best", "expert", [racer.agent])
    assert (racer.input, racer.when, racer.on_error) == ({"q": "?"}, None, "fail")


def test_a_compensation_is_a_step_of_its_own() -> None:
    definition = plan(agent("a", compensate=UNDO)).definition("a.undo")
    assert (definition.kind, definition.timeout, definition.retry.max) == ("action", "9s", 2)


def test_a_key_tells_whose_child_it_is() -> None:
    a_plan = plan(agent("a", compensate=UNDO), each("all", "a"))
    assert [a_plan.parent_of(key) for key in ("a", "all[12]", "a.undo")] == ["", "all", "a"]
    assert [a_plan.position_of(key) for key in ("a", "all[12]", "a.undo")] == [0, 1, 0]
    assert (child_key("all", 12), undo_key("a")) == ("all[12]", "a.undo")
    assert (is_undo("a.undo"), is_undo("all[12]")) == (True, False)


def test_a_step_reads_what_any_of_its_expressions_names() -> None:
    a_plan = plan(
        *[agent(name) for name in "abcde"],
        agent(
            "z",
            when="steps.a.status == 'succeeded'",
            input={"b": "${steps.b.output}"},
            facts={"c": "${steps['c'].output}"},
            compensate={"action": {"tool": "x", "args": {"d": "${steps.d.output}"}}},
        ),
        output={"e": "${steps.e.output}"},
    )
    assert a_plan.reads("z") == {"a", "b", "c"}
    assert a_plan.reads("z.undo") == {"d"}
    assert a_plan.output_reads == {"e"}


def test_an_item_reads_what_its_map_reads() -> None:
    a_plan = plan(agent("a"), agent("b"), each("all", over="${steps.a.output}", input={"b": "${steps.b.output}"}))
    assert a_plan.reads("all[3]") == a_plan.reads("all") == {"a", "b"}


def test_a_loop_reads_itself() -> None:
    a_plan = plan({"id": "r", "loop": {"until": "steps.r.output.good", "set": {"good": True}}})
    assert a_plan.reads("r[0]") == {"r"}


def test_what_names_no_step_by_name_may_read_every_step() -> None:
    a_plan = plan(agent("a"), agent("b"), agent("z", input={"x": "${steps[input.name].output}"}))
    assert a_plan.reads("z") == {"a", "b", "z"}


def test_texts_and_fields_that_only_sound_like_steps_are_none() -> None:
    a_plan = plan(agent("a"), agent("z", input={"x": "${'steps.a' + input.steps.a}"}))
    assert a_plan.reads("z") == set()


def test_a_plan_knows_who_waits_for_a_signal() -> None:
    waits = [{"id": name, "wait": {"signal": "paid"}} for name in ("one", "two")]
    assert plan(*waits).waiting_for == {"paid": ["one", "two"]}
