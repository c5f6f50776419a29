"""`apply` and `export` as a person types them."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from coordination.agents.models import Role
from tests.factories import make_organization
from tests.integration.manifests.support import WORLD

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(tmp_path: Path) -> Path:
    file = tmp_path / "world.yaml"
    file.write_text(WORLD)
    return file


def run(*words: object) -> str:
    out = io.StringIO()
    call_command(*map(str, words), stdout=out)
    return out.getvalue()


def test_apply_tells_what_it_does_and_that_it_publishes(world: Path) -> None:
    make_organization("acme")
    first = run("apply", "-f", world)
    assert "create    Workflow greet, published" in first
    assert "create    Policy careful, enforced" in first
    assert "Applied to acme: 6 created, 0 changed, 0 unchanged." in first
    assert "0 created, 0 changed, 6 unchanged." in run("apply", "-f", world)
    world.write_text(WORLD.replace("Sending is free.", "Sending costs nothing."))
    assert "~ /spec/rules/0/statement: 'Sending is free.' → 'Sending costs nothing.'" in run("apply", "-f", world)


def test_a_dry_run_changes_nothing(world: Path) -> None:
    make_organization("acme")
    said = run("apply", "-f", world, "--dry-run")
    assert "create    Workflow greet, would be published" in said
    assert "Nothing was changed (dry run): 6 created" in said
    assert not Role.objects.exists()


def test_mistakes_are_told_line_by_line(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_organization("acme")
    world.write_text(WORLD.replace("kind: Tool", "kind: Tol"))
    with pytest.raises(CommandError, match="Nothing was applied: 1 mistake to correct"):
        run("apply", "-f", world)
    line = WORLD.splitlines().index("kind: Tool") + 1
    assert f"{world}:{line}:1: /kind: there is no kind Tol" in capsys.readouterr().err


def test_the_organization_is_the_only_one_or_acme_or_named(world: Path) -> None:
    with pytest.raises(CommandError, match="no organization yet"):
        run("apply", "-f", world)
    make_organization("globex")
    assert "Applied to globex" in run("apply", "-f", world)
    make_organization("other")
    with pytest.raises(CommandError, match="no organization acme"):
        run("apply", "-f", world)
    make_organization("acme")
    assert "Applied to acme" in run("apply", "-f", world)
    assert "Applied to other" in run("apply", "-f", world, "--org", "other")


def test_a_file_that_is_not_there_is_told() -> None:
    make_organization("acme")
    with pytest.raises(CommandError, match="There is no file or folder nothing"):
        run("apply", "-f", "nothing.yaml")


def test_what_is_exported_applies_again(world: Path, tmp_path: Path) -> None:
    make_organization("acme")
    run("apply", "-f", world)
    out = tmp_path / "out.yaml"
    out.write_text(run("export"))
    assert "6 unchanged" in run("apply", "-f", out)
    lines = tmp_path / "out.json"
    lines.write_text(run("export", "--json"))
    assert "6 unchanged" in run("apply", "-f", lines)
    assert run("export", "--kind", "Policy", "careful").startswith("---\napiVersion: coordination/v1\nkind: Policy\n")
    with pytest.raises(CommandError, match="no thing named nothing"):
        run("export", "nothing")
