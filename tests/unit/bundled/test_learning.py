"""Learning from examples."""

import threading
import time

import numpy as np
import pytest

from coordination.bundled.keywords import learn_words
from coordination.bundled.learning import Kept, kernel, learn_labels, learn_numbers, parts_of, softmax
from coordination.memory.embedding import embed

BIRDS = ["a sparrow sings", "the eagle flies high", "an owl hunts at night", "ducks swim on the pond"]
TOOLS = [
    "a hammer drives nails",
    "turn the screw with a screwdriver",
    "saw the wooden board",
    "tighten it with a wrench",
]
LABELS = ["bird"] * 4 + ["tool"] * 4


def test_the_kernel_of_unit_rows_is_one_at_home_and_falls_with_distance() -> None:
    rows = embed(["an owl", "a wrench"])
    near = kernel(rows, rows, 4.0)
    assert np.allclose(np.diag(near), 1.0, atol=1e-5)
    assert np.allclose(near[0, 1], np.exp(4 * (rows[0] @ rows[1] - 1)), atol=1e-5)


def test_a_classifier_knows_what_it_has_not_seen() -> None:
    classifier = learn_labels(embed(BIRDS + TOOLS), LABELS)
    chances = classifier.probabilities(embed(["a robin in the tree", "drill a hole with the drill"]))
    assert [classifier.labels[i] for i in chances.argmax(axis=1)] == ["bird", "tool"]
    assert np.allclose(chances.sum(axis=1), 1.0, atol=1e-5)


def test_the_same_examples_give_the_same_classifier() -> None:
    rows = embed(BIRDS + TOOLS)
    first, second = learn_labels(rows, LABELS), learn_labels(rows, LABELS)
    assert np.array_equal(first.weights, second.weights)
    assert first.sharpness == second.sharpness


@pytest.mark.parametrize("n", [1, 2, 3])
def test_very_few_examples_are_enough_to_begin(n: int) -> None:
    classifier = learn_labels(embed(BIRDS[:n] + TOOLS[:n]), ["bird"] * n + ["tool"] * n)
    assert classifier.probabilities(embed(["an eagle flies"])).shape == (1, 2)


def test_parts_share_out_every_label() -> None:
    y = np.repeat([0, 1, 2], [10, 20, 5])
    part = parts_of(y, 5)
    assert [np.bincount(part[y == label]).tolist() for label in range(3)] == [[2] * 5, [4] * 5, [1] * 5]


def test_numbers_are_learned_between_the_examples() -> None:
    x = np.linspace(0, 1, 20, dtype=np.float32)[:, None]
    rate = learn_numbers(x, np.sin(3 * x[:, 0]), width=20.0, ridge=0.01)
    assert np.allclose(rate(np.array([[0.33]], dtype=np.float32)), np.sin(0.99), atol=0.05)


def test_softmax_survives_large_scores() -> None:
    assert np.allclose(softmax(np.array([[1000.0, 0.0]], dtype=np.float32)), [[1.0, 0.0]])


def test_words_are_counted() -> None:
    counter = learn_words(BIRDS + TOOLS, LABELS)
    assert counter.labels[int(counter.probabilities(["the hammer and the saw"])[0].argmax())] == "tool"
    assert (BIRDS + TOOLS)[counter.nearest("an owl hunts", 1)[0]] == "an owl hunts at night"


def test_words_nobody_used_say_nothing() -> None:
    counter = learn_words(BIRDS + TOOLS, LABELS)
    assert np.allclose(counter.probabilities(["zyx"]), 0.5)


def test_what_many_ask_for_is_learned_once() -> None:
    kept: Kept[int] = Kept()
    learned: list[int] = []

    def learn() -> int:
        time.sleep(0.05)
        learned.append(1)
        return 42

    threads = [threading.Thread(target=kept.get, args=("key", learn)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert learned == [1]
    assert kept.get("key", learn) == 42


def test_what_could_not_be_learned_is_tried_again() -> None:
    kept: Kept[int] = Kept()
    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: 1 // 0)
    assert kept.get("key", lambda: 7) == 7


def test_the_oldest_is_let_go() -> None:
    kept: Kept[str] = Kept(size=1)
    kept.get("a", lambda: "first")
    kept.get("b", lambda: "other")
    assert kept.get("a", lambda: "again") == "again"
