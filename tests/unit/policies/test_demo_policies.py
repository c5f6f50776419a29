"""The policies that the demo comes with are good examples: each rule has tests, and they pass."""

from pathlib import Path

import pytest
import yaml

import coordination.demo
from coordination.policies.services.validating import run_tests

WORLD = Path(coordination.demo.__file__).parent / "worlds" / "customer-support" / "policies.yaml"
POLICIES = {one["metadata"]["name"]: one["spec"] for one in yaml.safe_load_all(WORLD.read_text())}


@pytest.mark.parametrize("name", POLICIES)
def test_each_rule_of_the_demo_has_tests_and_passes_them(name: str) -> None:
    for tests in run_tests(POLICIES[name]):
        assert tests.missing == (), tests.rule
        assert [(tried.example.title, tried.why) for tried in tests.tried if not tried.passed] == []
