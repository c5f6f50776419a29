"""Whoever asks least gets the task at the price of the second, and honesty pays."""

from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.negotiation.auction import Bid, sell

costs = st.dictionaries(st.sampled_from("abcde"), st.floats(0, 100), min_size=2)


def test_the_cheapest_is_paid_what_the_second_asks() -> None:
    sale = sell({"a": Bid(10), "b": Bid(7, 1), "c": Bid(30)})
    assert (sale.winner, sale.price, sale.order) == ("b", 10, ("b", "a", "c"))


def test_a_task_that_nobody_does_within_the_budget_is_not_sold() -> None:
    assert sell({"a": Bid(10)}, budget=9).reason == "The cheapest asks 10, and the budget is 9."
    assert sell({}).reason == "Nobody bid."
    assert sell({"a": Bid(-5), "b": Bid(float("nan")), "c": Bid(3, -1)}).winner == ""


def test_alone_a_bidder_gets_the_budget_where_there_is_one() -> None:
    assert sell({"a": Bid(10)}, budget=20).price == 20
    assert sell({"a": Bid(10)}).price == 10


@given(costs, st.floats(0, 100))
def test_to_ask_for_anything_but_the_cost_gains_nothing(cost: dict[str, float], other: float) -> None:
    def gain(asks: float) -> float:
        sale = sell({**{name: Bid(one) for name, one in cost.items()}, "me": Bid(asks)}, budget=100)
        return sale.price - 50 if sale.winner == "me" else 0.0

    assert gain(50) >= gain(other) - 1e-9
