"""`bench memory`: searches in passages, beside a bare query, and what is found of the exact nearest."""

import pytest

from coordination.benchmarks import finding
from coordination.benchmarks.measure import Options


def test_every_one_of_the_nearest_is_found(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "QUERIES", 4)
    monkeypatch.setattr(finding, "_SEEDS", 20)
    [measured] = finding.measure(Options(sample=300))
    assert (measured.name, measured.details["recall@10"]) == ("search 300", 1.0)
    assert measured.value > 0
