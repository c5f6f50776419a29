"""Agents vote: a rule makes one answer of theirs, and where none does, a person decides."""

from typing import Any

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.replay import replay
from tests.unit.engine.flow.plays import Play, agent
from tests.unit.engine.flow.worlds import snapshot

GOOD = {"successes": 95.0, "failures": 5.0}
POOR = {"successes": 55.0, "failures": 45.0}


def called(*agents: str, standings: tuple[dict[str, Any], ...] = (), **vote: Any) -> Play:
    """Return a play whose step `judge` was given to these agents."""
    rest = {name: vote.pop(name) for name in ("timeout", "on_error") if name in vote}
    step = {"id": "judge", "vote": {"voters": [{"capability": "work"}], **vote}, **rest}
    play = Play(step, agent("after", "judge"), value={"items": ["a", "b"]})
    play.take(ev.StepSpread("judge", agents, standings))
    return play


def say(play: Play, *choices: Any, **rest: Any) -> machine.Transition:
    """Let each agent answer in turn; a text is a choice."""
    for index, said in enumerate(choices):
        output = {"choice": said} if isinstance(said, str) else said
        transition = play.succeed(f"judge[{index}]", output, **rest)
    return transition


def output(play: Play) -> dict[str, Any]:
    found: dict[str, Any] = play.state.steps["judge"].output
    return found


def rungs(play: Play) -> list[tuple[str, str]]:
    return [(note.data["rung"], note.data["winner"]) for note in play.notes if note.kind == "RungClimbed"]


def test_the_majority_wins_and_the_next_step_begins() -> None:
    play = called("ann", "ben", "cleo", rule="majority")
    effects = say(play, "yes", "no", "yes").effects
    assert (output(play)["winner"], output(play)["by"], output(play)["voted"]) == ("yes", "vote", 3)
    assert effects == [ev.Offer("after")]
    assert output(play)["shares"] == {"yes": pytest.approx(2 / 3, abs=1e-5), "no": pytest.approx(1 / 3, abs=1e-5)}


def test_who_is_more_often_right_outweighs_two_who_are_not() -> None:
    play = called("ann", "ben", "cleo", standings=(GOOD, POOR, POOR))
    say(play, "a", "b", "b")
    assert output(play)["winner"] == "a"
    reliable = {vote["agent"]: vote["reliability"] for vote in output(play)["votes"]}
    assert reliable["ann"] > 0.85 > reliable["ben"]


def test_three_of_one_family_are_no_three_votes() -> None:
    alike = {"family": "gpt"}
    play = called("a1", "a2", "a3", "b", "c", standings=(alike, alike, alike, {}, {}), rule="majority")
    say(play, "x", "x", "x", "y", "y")
    assert output(play)["winner"] == "y"
    assert output(play)["effective"] == pytest.approx(3.5)


def test_an_agent_that_always_says_it_is_sure_is_read_by_its_record() -> None:
    play = called("bold", "ann", standings=(POOR, GOOD))
    say(play, "a", "b", confidence=1.0)
    sure = {vote["agent"]: vote["confidence"] for vote in output(play)["votes"]}
    # With a hundred outcomes a stated confidence counts as it is; the reliability behind it does not.
    assert output(play)["winner"] == "b"
    unknown = called("bold")
    say(unknown, "a", confidence=1.0)
    assert sure["bold"] == 1.0
    assert output(unknown)["votes"][0]["confidence"] == 0.5


def test_what_is_none_of_the_options_is_an_abstention() -> None:
    play = called("ann", "ben", "cleo", options=["a", "b"], rule="majority")
    say(play, "a", "nonsense", {"choice": {"not": "text"}})
    heard = play.state.steps["judge"].item
    assert (heard["voted"], heard["asked"], heard["shares"]) == (1, 3, {"a": 1.0})


def test_without_a_quorum_a_person_decides() -> None:
    play = called("ann", "ben", "cleo", options=["a", "b"], rule="majority")
    play.fail("judge[0]")
    play.fail("judge[1]")
    play.succeed("judge[2]", {"choice": "a"})
    assert play.status("judge") == "waiting"
    assert play.effects[-1] == ev.AskHuman("judge")
    assert rungs(play)[-1] == ("person", "")
    assert "Only 1 of 3 voted" in next(note.data["reason"] for note in play.notes if note.data.get("rung") == "vote")


def test_a_person_chooses_among_what_is_left_and_nothing_else() -> None:
    play = called("ann", "ben", rule="unanimous", options=["a", "b", "c"], refuted={"c": "the sum is wrong"})
    say(play, "a", "b")
    with pytest.raises(machine.ImpossibleEvent, match="none of what is left"):
        play.take(ev.StepApproved("judge", {"parameters": {"choose": "c"}}))
    play.take(ev.StepApproved("judge", {"by": "rita", "parameters": {"choose": "b"}}))
    assert (output(play)["winner"], output(play)["by"], output(play)["who"]) == ("b", "person", "rita")
    assert [rung for rung, _ in rungs(play)] == ["veto", "facts", "vote", "beliefs", "negotiation", "person"]


def test_a_person_who_refuses_both_cases_fails_the_step() -> None:
    play = called("ann", "ben", rule="unanimous")
    say(play, "a", "b")
    play.take(ev.StepRejected("judge", "rejected", "Neither."))
    assert play.ending == ("failed", "rejected")


def test_a_step_that_is_not_to_ask_fails_in_words() -> None:
    play = called("ann", "ben", rule="unanimous", unsettled="fail")
    say(play, "a", "b")
    assert play.ending == ("failed", "no-agreement")


def test_what_is_refuted_is_out_whoever_votes_for_it() -> None:
    play = called("ann", "ben", "cleo", rule="majority", refuted={"a": "the sum is wrong"})
    say(play, {"choice": "a", "ranking": ["a", "b"]}, "a", "b")
    assert (output(play)["winner"], output(play)["by"]) == ("b", "facts")


def test_only_who_has_the_authority_vetoes() -> None:
    veto = {"choice": "b", "vetoes": {"a": "it breaks the law"}}
    play = called("ann", "ben", "cleo", standings=({}, {}, {"authority": 4}), rule="majority", veto_authority=4)
    say(play, "a", "a", veto)
    assert (output(play)["winner"], output(play)["by"]) == ("b", "veto")
    play = called("ann", "ben", "cleo", standings=({}, {}, {"authority": 3}), rule="majority", veto_authority=4)
    say(play, "a", "a", veto)
    assert (output(play)["winner"], output(play)["by"]) == ("a", "vote")


def test_partial_beliefs_are_put_together_where_the_vote_is_level() -> None:
    play = called("ann", "ben", standings=(GOOD, GOOD))
    sure = {"choice": "a", "beliefs": [{"options": ["a"], "weight": 0.9}]}
    say(play, sure, {"choice": "b", "beliefs": [{"options": ["a", "b"], "weight": 1.0}]})
    assert (output(play)["winner"], output(play)["by"]) == ("a", "beliefs")


def test_agents_who_say_what_options_are_worth_to_them_come_to_the_fairest() -> None:
    play = called("ann", "ben", rule="majority", options=["a", "b", "c"])
    say(
        play,
        {"choice": "a", "values": {"a": 1, "b": 0.1, "c": 0.7}},
        {"choice": "b", "values": {"a": 0.1, "b": 1, "c": 0.7}},
    )
    assert (output(play)["winner"], output(play)["by"]) == ("c", "negotiation")


def test_ranked_options_are_compared_pair_by_pair() -> None:
    ranked = [
        {"ranking": order}
        for order in (["a", "b", "c"], ["a", "b", "c"], ["b", "c", "a"], ["b", "c", "a"], ["b", "a", "c"])
    ]
    for rule in ("borda", "schulze"):
        play = called("v1", "v2", "v3", "v4", "v5", rule=rule)
        say(play, *ranked)
        assert output(play)["winner"] == "b"


def test_when_the_time_is_up_those_who_have_voted_count() -> None:
    play = called("ann", "ben", "cleo", rule="majority", timeout="1m")
    assert play.asked(ev.SetTimer) == [ev.SetTimer("judge", "timeout", 60.0, None, 1)]
    play.claim("judge[2]")
    say(play, "yes", "yes")
    play.take(ev.TimerFired("judge", "timeout", 1))
    assert output(play)["winner"] == "yes"
    assert play.status("judge[2]") == "cancelled"
    assert [one["agent"] for one in output(play)["silent"]] == ["cleo"]


def test_a_timer_that_fires_while_a_person_decides_changes_nothing() -> None:
    play = called("ann", "ben", rule="unanimous", timeout="1m")
    say(play, "a", "b")
    play.take(ev.TimerFired("judge", "timeout", 1))
    assert play.status("judge") == "waiting"


def test_options_that_have_no_value_fail_the_step_in_words() -> None:
    play = called("ann", options="${input.missing}")
    say(play, "a")
    assert play.ending == ("failed", "expression-failed")


def test_voters_are_told_among_what_they_choose() -> None:
    play = called("ann", options="${input.items}", rule="majority")
    given = machine.briefed(play.plan, play.state, "judge[0]", {"case": 7})
    assert given == {"case": 7, "vote": {"answer_in": "choice", "rule": "majority", "options": ["a", "b"]}}
    assert machine.briefed(play.plan, play.state, "after", {"case": 7}) == {"case": 7}


def test_each_voter_is_asked_for_what_it_was_called_for() -> None:
    voters = [{"capability": "read"}, {"name": "ben"}]
    play = called("ann", "ben", standings=({"asked": 0}, {"asked": 1}), voters=voters)
    assert machine.target_of(play.plan, play.state, "judge[0]").capability == "read"
    assert machine.target_of(play.plan, play.state, "judge[1]").name == "ben"


def test_a_replay_counts_the_same_way() -> None:
    play = called("ann", "ben", "cleo", standings=(GOOD, POOR, POOR))
    say(play, "a", "b", "b", confidence=0.7)
    assert snapshot(replay(play.plan, {"items": ["a", "b"]}, {}, play.records)) == snapshot(play.state)


def test_a_vote_is_not_claimed_or_held_itself() -> None:
    play = Play({"id": "judge", "vote": {"voters": [{"name": "ann"}]}})
    assert machine.spreads(play.plan, play.state, "judge")
    with pytest.raises(machine.ImpossibleEvent, match="say which"):
        play.claim("judge")
    with pytest.raises(machine.ImpossibleEvent, match="hold each"):
        play.take(ev.StepHeld("judge"))
