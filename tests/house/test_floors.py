"""Every arrow points down."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

CHECKOUT: Path = settings.BASE_DIR


def test_imports_point_down() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def floors() -> dict[str, int]:
    """Return the height of each floor by package name; the engine is 0."""
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract.get("exhaustive"))
    rows = [row.replace(":", "|").split("|") for row in reversed(layers)]
    return {name.strip(): height for height, row in enumerate(rows) for name in row}


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("coordination.")]


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_foreign_keys_point_down(model: type[models.Model]) -> None:
    """A key written as a string passes Django's checks and the import linter, so it is looked at here."""
    height = floors()
    room = model.__module__.split(".")[1]
    for field in model._meta.get_fields():
        target = field.related_model if field.is_relation and not field.auto_created else None
        if target is None or not target.__module__.startswith("coordination."):
            continue
        other = target.__module__.split(".")[1]
        assert other == room or height[other] < height[room], f"{model._meta.label}.{field.name} points up to {other}"


def test_rooms_with_models_are_on_a_floor() -> None:
    assert {model.__module__.split(".")[1] for model in our_models()} <= floors().keys()
