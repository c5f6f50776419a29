"""Offers of a negotiation are drawn where their numbers lie."""

from coordination.engine.draw.offers import course, picture


def move(number: int, party: str, option: str, act: str = "proposes") -> dict[str, object]:
    return {"round": number, "party": party, "act": act, "option": option}


def test_numbers_lie_where_they_are_and_offers_come_together() -> None:
    moves = [move(1, "ann", "80"), move(2, "ben", "120"), move(3, "ann", "100"), move(4, "ben", "100", "accepts")]
    found = picture(moves, ["120", "80", "100"], 300, 100)
    assert found is not None
    assert {line.party: line.points for line in found.lines} == {
        "ann": ((0.0, 100.0), (200.0, 50.0)),
        "ben": ((100.0, 0.0), (300.0, 50.0)),
    }
    assert (found.top, found.bottom, found.rounds) == ("120", "80", 4)
    assert found.lines[0].path == "M0 100L200 50"
    assert found.lines[0].dots == "M0 100h0M200 50h0"


def test_options_that_are_no_numbers_lie_in_their_order() -> None:
    found = picture([move(1, "ann", "rail")], ["ship", "rail", "air"], 300, 100)
    assert found is not None
    assert (found.lines[0].points, found.top, found.bottom) == (((150.0, 50.0),), "ship", "air")


def test_without_an_offer_there_is_no_picture() -> None:
    assert picture([move(1, "ann", "", "refuses")], ["a"], 300, 100) is None
    assert picture([move(1, "ann", "gone")], ["a"], 300, 100) is None


def test_a_contract_net_shows_its_cost_come_down_on_what_it_must_cost() -> None:
    rounds = [{"cost": None, "bound": 1.0}, {"cost": 10.0, "bound": 6.0}, {"cost": 8.0, "bound": 7.0}]
    found = course(rounds, 100, 100)
    assert found is not None
    assert [line.points for line in found.lines] == [((0.0, 0.0), (100.0, 50.0)), ((0.0, 100.0), (100.0, 75.0))]
    assert course(rounds[:1], 100, 100) is None
