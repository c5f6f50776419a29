"""A run's records lead to its state, at its end and at any moment before."""

from coordination.engine.flow.replay import replay
from tests.unit.engine.flow.plays import Play, agent
from tests.unit.engine.flow.worlds import snapshot


def test_a_replay_ends_where_the_run_did() -> None:
    play = Play(agent("a"), agent("b", "a"), output={"n": "${steps.a.output.n + input.n}"}, value={"n": 2})
    play.succeed("a", {"n": 1})
    play.succeed("b")
    again = replay(play.plan, {"n": 2}, {}, play.records)
    assert snapshot(again) == snapshot(play.state)
    assert again.output == {"n": 3}


def test_some_of_the_records_lead_to_a_moment_in_between() -> None:
    play = Play(agent("a"), agent("b", "a"))
    play.succeed("a", {"n": 1})
    play.succeed("b")
    moments = [replay(play.plan, {}, {}, play.records[:count]).status for count in range(len(play.records) + 1)]
    assert moments == ["pending", "running", "running", "running", "running", "succeeded"]


def test_notes_among_the_records_change_nothing() -> None:
    play = Play(agent("a"))
    play.fail("a")
    noted = [(note.kind, note.step, note.data) for note in play.notes]
    assert snapshot(replay(play.plan, {}, {}, [*play.records, *noted])) == snapshot(play.state)
