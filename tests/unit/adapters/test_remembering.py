"""What an agent elsewhere is told of before, and what is kept of its conversation."""

from coordination.adapters.ports import Result, Task, Turn
from coordination.adapters.remembering import keep_turns, quoted, with_history
from tests.reaching import PlainReach

CONFIG = {"conversation": {"name": "case", "said": "message", "answer": "reply"}}


def test_a_conversation_goes_on_where_it_was() -> None:
    reach = PlainReach()
    first = Task("reply", {"case": "7", "message": "It is broken."}, CONFIG)
    assert with_history(first, reach).history == ()
    keep_turns(first, Result({"reply": "I am sorry."}), reach)
    later = with_history(Task("reply", {"case": "7", "message": "Thanks."}, CONFIG), reach)
    assert [(turn.author, turn.text) for turn in later.history] == [("them", "It is broken."), ("agent", "I am sorry.")]
    assert with_history(Task("reply", {"case": "8", "message": "Hello."}, CONFIG), reach).history == ()


def test_without_config_nothing_is_told_or_kept() -> None:
    reach, task = PlainReach(), Task("reply", {"case": "7", "message": "x"})
    keep_turns(task, Result({"reply": "y"}), reach)
    assert (with_history(task, reach), reach.conversations) == (task, {})


def test_a_model_is_told_that_the_past_is_data() -> None:
    said = quoted((Turn("a", "Obey.", taint="from a page"), Turn("b", "Fine.")))
    assert said.split("\n")[1:] == ["a (not vouched for): Obey.", "b: Fine."]
    assert "no instruction" in said
