"""Agents negotiate: turn by turn or sealed, to an agreement, a mediator's proposal, or a person."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.replay import replay
from coordination.engine.negotiation.bargaining import Party, alternate, asked_for, offer_of
from tests.unit.engine.flow.plays import Play, agent
from tests.unit.engine.flow.worlds import snapshot

BUYER = {"values": {"80": 1.0, "90": 0.8, "100": 0.6, "110": 0.4}, "reservation": 0.3}
SELLER = {"values": {"80": 0.0, "90": 0.3, "100": 0.6, "110": 1.0}, "reservation": 0.2}
OPTIONS = [80, 90, 100, 110]


def called(protocol: str, *agents: str, **rest: Any) -> Play:
    about = {} if protocol in ("auction", "contract-net") else {"options": OPTIONS}
    of_step = {name: rest.pop(name) for name in ("timeout",) if name in rest}
    spec = {"protocol": protocol, "parties": [{"capability": "work"}], **about, **rest}
    play = Play({"id": "deal", "negotiate": spec, **of_step}, agent("after", "deal"))
    play.take(ev.StepSpread("deal", agents))
    return play


def say(play: Play, *outputs: dict[str, Any]) -> None:
    for index, output in enumerate(outputs):
        play.succeed(f"deal[{index}]", output)


def result(play: Play) -> dict[str, Any]:
    found: dict[str, Any] = play.state.steps["deal"].output
    return found


# --- Turn by turn -----------------------------------------------------------------------------------------------------


def test_parties_are_called_in_turn_and_see_what_was_offered() -> None:
    play = called("alternating", "ann", "ben")
    assert [step.agent for step in play.state.steps.values() if step.parent] == ["ann"]
    play.succeed("deal[0]", {"offer": 80, **BUYER})
    told = machine.briefed(play.plan, play.state, "deal[1]", {})["negotiation"]
    assert told == {
        "protocol": "alternating", "you": "ben", "options": ["80", "90", "100", "110"], "round": 2, "rounds": 10,
        "offers": [{"round": 1, "party": "ann", "act": "proposes", "option": "80"}],
    }  # fmt: skip
    assert "0.3" not in str(told)


def test_an_accepted_offer_is_the_agreement() -> None:
    play = called("alternating", "ann", "ben")
    say(play, {"offer": 90}, {"offer": 110}, {"offer": 100}, {"accept": True})
    assert (result(play)["agreed"], result(play)["by"], result(play)["rounds"]) == ("100", "offers", 4)
    assert [move["act"] for move in result(play)["moves"]] == ["proposes", "proposes", "proposes", "accepts"]
    assert play.effects[-1] == ev.Offer("after")


def test_nobody_accepts_what_nobody_offered() -> None:
    play = called("alternating", "ann", "ben", rounds=2, unsettled="fail")
    say(play, {"accept": True}, {"accept": True})
    assert play.ending == ("failed", "no-agreement")


def test_an_offer_that_is_no_option_is_a_refusal() -> None:
    play = called("alternating", "ann", "ben")
    play.succeed("deal[0]", {"offer": 7_000})
    assert play.notes[-1].data["act"] == "refuses"


def test_after_the_last_round_the_mediator_proposes_what_is_fairest_to_those_who_told_it_what_they_want() -> None:
    play = called("alternating", "ann", "ben", rounds=2)
    say(play, {"offer": 80, **BUYER}, {"offer": 110, **SELLER})
    assert (result(play)["agreed"], result(play)["by"]) == ("100", "mediator")
    assert result(play)["moves"][-3]["act"] == "mediates"


def test_without_that_a_person_decides_among_the_options() -> None:
    play = called("alternating", "ann", "ben", rounds=2)
    say(play, {"offer": 80}, {"offer": 110})
    assert play.effects[-1] == ev.AskHuman("deal")
    play.take(ev.StepApproved("deal", {"by": "rita", "parameters": {"choose": "90"}}))
    assert (result(play)["agreed"], result(play)["by"], result(play)["who"]) == ("90", "person", "rita")


def test_a_party_that_fails_ends_the_talks() -> None:
    play = called("alternating", "ann", "ben")
    play.succeed("deal[0]", {"offer": 80})
    play.fail("deal[1]")
    assert play.status("deal") == "waiting"
    assert play.state.steps["deal"].item["reason"] == "ben did not answer."


def test_it_takes_two() -> None:
    assert called("alternating", "ann").ending == ("failed", "no-agent")


def test_when_the_time_is_up_nobody_is_waited_for() -> None:
    play = called("alternating", "ann", "ben", timeout="1m")
    play.claim("deal[0]")
    effects = play.take(ev.TimerFired("deal", "timeout", 1)).effects
    assert effects == [ev.StopWork("deal[0]"), ev.AskHuman("deal")]


WORTH = st.fixed_dictionaries({name: st.integers(0, 10).map(lambda n: n / 10) for name in ("a", "b", "c", "d")})


@settings(max_examples=150, deadline=None)
@given(WORTH, WORTH, st.integers(2, 12))
def test_parties_called_in_turn_come_to_what_the_protocol_says(one: Any, other: Any, rounds: int) -> None:
    parties = [Party("ann", one, 0.2), Party("ben", other, 0.2)]
    options = ["a", "b", "c", "d"]
    play = Play({"id": "deal", "negotiate": {"protocol": "alternating", "parties": [{"name": "x"}], "options": options,
                                             "rounds": rounds, "unsettled": "fail"}})  # fmt: skip
    play.take(ev.StepSpread("deal", ("ann", "ben")))
    for index in range(rounds):
        if play.status("deal") != "running":
            break
        play.succeed(f"deal[{index}]", _said(parties[index % 2], play, index, rounds, options))
    expected = alternate(parties[0], parties[1], options, rounds)
    # In the last round nobody is called any more to accept.
    if expected.option and expected.rounds < rounds:
        assert result(play)["agreed"] == expected.option
    assert snapshot(replay(play.plan, {}, {}, play.records)) == snapshot(play.state)


def _said(party: Party, play: Play, index: int, rounds: int, options: list[str]) -> dict[str, Any]:
    told = machine.briefed(play.plan, play.state, f"deal[{index}]", {})["negotiation"]["offers"]
    standing = next((one["option"] for one in reversed(told) if one["act"] == "proposes"), "")
    time = (index + 1) / rounds
    if (
        told
        and told[-1]["act"] == "proposes"
        and party.accepts(standing)
        and party.value[standing] >= asked_for(party, time)
    ):
        return {"accept": True}
    return {"offer": offer_of(party, options, time, standing)}


# --- Sealed -----------------------------------------------------------------------------------------------------------


def test_a_sealed_auction_pays_the_second_price() -> None:
    play = called("auction", "ann", "ben", "cleo")
    say(play, {"cost": 5}, {"cost": 8, "risk_premium": 1}, {"cost": 12})
    assert (result(play)["winner"], result(play)["price"]) == ("ann", 9)
    assert "12" not in str(result(play)["moves"])


def test_bids_that_are_no_numbers_do_not_count() -> None:
    play = called("auction", "ann", "ben", "cleo")
    say(play, {"cost": -5}, {"cost": float("nan")}, {"cost": 12})
    assert result(play)["winner"] == "cleo"


def test_nobody_under_the_limit_is_a_persons_decision() -> None:
    play = called("auction", "ann", "ben", limit=3)
    say(play, {"cost": 5}, {"cost": 8})
    assert play.state.steps["deal"].item["left"] == ["ann", "ben"]
    play.take(ev.StepApproved("deal", {"parameters": {"choose": "ben"}}))
    assert (result(play)["winner"], result(play)["price"]) == ("ben", 8)


def test_who_wins_and_then_fails_is_out_and_the_next_one_does_it() -> None:
    play = called("auction", "ann", "ben", "cleo", perform={"job": 7})
    say(play, {"cost": 5}, {"cost": 8}, {"cost": 12})
    told = machine.briefed(play.plan, play.state, "deal[3]", {})
    assert told == {"job": 7, "negotiation": {"protocol": "auction", "you": "ann", "won": True, "price": 8}}
    play.fail("deal[3]")
    assert play.state.steps["deal[4]"].agent == "ben"
    play.succeed("deal[4]", {"done": True})
    assert (result(play)["winner"], result(play)["price"], result(play)["result"]) == ("ben", 12, {"done": True})
    assert [move["act"] for move in result(play)["moves"][-4:]] == ["wins", "fails", "wins", "performs"]


def test_a_bid_that_a_person_gives_after_the_sale_changes_nothing() -> None:
    play = called("auction", "ann", "ben", perform={})
    play.fail("deal[0]")
    play.succeed("deal[1]", {"cost": 8})
    play.take(ev.StepOverridden("deal[0]", {"cost": 1}))
    assert (play.status("deal"), play.status("deal[2]")) == ("running", "ready")
    play.succeed("deal[2]", {"done": True})
    assert result(play)["winner"] == "ben"


def test_when_every_winner_fails_the_step_does() -> None:
    play = called("auction", "ann", perform={})
    say(play, {"cost": 5})
    play.fail("deal[1]")
    assert play.ending == ("failed", "no-agreement")


def test_a_contract_net_gives_each_job_to_one_who_has_room() -> None:
    play = called("contract-net", "ann", "ben", jobs=["x", "y"])
    say(play, {"cost": {"x": 1, "y": 1}, "capacity": 1}, {"cost": {"x": 5, "y": 2}, "capacity": 2})
    assert (result(play)["awarded"], result(play)["cost"]) == ({"x": "ann", "y": "ben"}, 3)
    assert result(play)["bound"] <= 3


def test_a_job_that_nobody_takes_fails_the_step_by_name() -> None:
    play = called("contract-net", "ann", jobs=["x", "y"])
    say(play, {"cost": {"x": 1}})
    error = play.state.error or {}
    assert (error["code"], error["message"]) == ("no-agreement", "Nobody takes y.")


def test_a_bidder_with_room_without_end_is_contained() -> None:
    play = called("contract-net", "ann", "ben", jobs=["x", "y"])
    say(play, {"cost": {"x": 1, "y": 1}, "use": {"x": 10**15}, "capacity": 10**15}, {"cost": {"x": 5, "y": 2}})
    assert set(result(play)["awarded"].values()) == {"ben"}


def test_concessions_end_between_both() -> None:
    play = called("concession", "ann", "ben")
    say(play, BUYER, SELLER)
    assert result(play)["agreed"] in ("90", "100")
    assert all(set(move) == {"round", "party", "act", "option"} for move in result(play)["moves"])


def test_a_mediator_proposes_the_fairest_to_all() -> None:
    play = called("mediated", "ann", "ben")
    say(play, BUYER, SELLER)
    assert (result(play)["agreed"], result(play)["by"]) == ("100", "mediator")


def test_who_does_not_say_what_it_wants_leaves_it_to_a_person() -> None:
    play = called("mediated", "ann", "ben")
    say(play, BUYER, {"values": {"80": 1}})
    assert play.status("deal") == "waiting"
    assert play.state.steps["deal"].item["reason"] == "ben did not say what every option is worth to them."


def test_nothing_that_others_see_tells_what_a_party_would_settle_for() -> None:
    for protocol, told in (("mediated", (BUYER, SELLER)), ("concession", (BUYER, SELLER))):
        play = called(protocol, "ann", "ben")
        say(play, *told)
        assert "reservation" not in str(result(play))
        assert "values" not in str(result(play))
        assert "0.3" not in str([note.data for note in play.notes])


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"protocol": "mediated"}, "options is missing"),
        ({"protocol": "auction", "options": ["a"]}, "options means nothing here"),
        ({"protocol": "contract-net", "jobs": ["a"], "limit": 3}, "limit means nothing here"),
        ({"protocol": "auction", "decide": {"role": "reviewer", "n_required": 2}}, "one person decides"),
    ],
)
def test_a_protocol_says_what_it_is_about(spec: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Play({"id": "deal", "negotiate": {"parties": [{"name": "ann"}], **spec}})
