"""Sentences and citations."""

from coordination.bundled.sentences import markers_in, renumbered, sentences_of, without_markers


def test_splits_sentences() -> None:
    text = "It costs 3.50 dollars. [1] Is that fine? Yes!\nGood"
    assert sentences_of(text) == ["It costs 3.50 dollars. [1]", "Is that fine?", "Yes!", "Good"]


def test_reads_and_removes_citations() -> None:
    assert markers_in("One [1] two [2, 3] three [12].") == [1, 12]
    assert without_markers("One [1] two [12].") == "One two."


def test_numbers_citations_anew() -> None:
    assert renumbered("One. [2] Two. [5] Three. [9]", {2: 1, 5: 2}) == "One. [1] Two. [2] Three."
