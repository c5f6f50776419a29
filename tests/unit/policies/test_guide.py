"""The guide to policies says what the code does."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from coordination.engine.rules.combine import Effect
from coordination.engine.rules.facts import FACTS
from coordination.engine.rules.meanings import MEANINGS
from coordination.policies.manifest import RuleSpec, problems_of
from coordination.policies.models import VersionStatus
from coordination.policies.reference import TABLES

GUIDE = (Path(settings.BASE_DIR) / "docs" / "policies.md").read_text()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_what_follows_from_the_code(name: str) -> None:
    """Put what stands between the marks in place of what the test shows as missing."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", GUIDE, re.DOTALL)

    assert found is not None
    assert found[1].splitlines() == TABLES[name]().splitlines()


def test_each_fact_is_explained() -> None:
    assert MEANINGS.keys() == FACTS.keys()


def test_each_field_of_a_rule_is_explained() -> None:
    fields = GUIDE.partition("## A rule")[2].partition("\n## ")[0]

    assert [name for name in RuleSpec.model_fields if f"`{name}`" not in fields] == []


def test_each_effect_and_each_stage_is_explained() -> None:
    effects = GUIDE.partition("## Effects")[2].partition("\n## ")[0]
    stages = GUIDE.partition("## From draft to force")[2].partition("\n## ")[0]

    assert [effect for effect in Effect if f"| `{effect}` |" not in effects] == []
    assert [s for s in VersionStatus if s not in ("rejected",) and s.replace("_", " ") not in stages] == []


def test_its_example_is_a_policy() -> None:
    example = GUIDE.partition("```yaml\n")[2].partition("```")[0]

    assert problems_of(yaml.safe_load(example)["spec"]) == []
