"""The tables are what the models say."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


def test_each_room_with_models_has_a_migrations_package() -> None:
    """Without the `__init__.py`, makemigrations says "No changes detected"."""
    rooms = [config for config in apps.get_app_configs() if config.name.startswith("coordination.")]
    for room in rooms:
        if list(room.get_models()):
            assert (Path(room.path) / "migrations" / "__init__.py").exists(), room.name


def test_every_package_of_ours_is_a_package() -> None:
    """A folder of modules without an `__init__.py` is skipped by tools that look for packages."""
    folders = {path.parent for path in (settings.BASE_DIR / "coordination").rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
