"""docker-compose.yml holds what the Compose specification and our own programs understand."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.celery import celery as celery_program
from django.conf import settings
from django.core.management import get_commands

CHECKOUT: Path = settings.BASE_DIR
COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "coordination"}


def variables_we_read() -> set[str]:
    """Return every name in capitals that the modules that read the environment hold as a string."""
    readers = ("settings.py", "environment.py", "embedded/use.py")
    trees = [ast.parse((CHECKOUT / "coordination" / reader).read_text()) for reader in readers]
    strings = [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {text for text in strings if isinstance(text, str) and text.replace("_", "").isalpha() and text.isupper()}


def test_it_follows_the_specification() -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [program, "--builtin-schema", "vendor.compose-spec", CHECKOUT / "docker-compose.yml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_promised_services_are_there() -> None:
    assert {"postgres", "redis", "web", "worker", "beat"} <= COMPOSE["services"].keys()


@pytest.mark.parametrize("name", OURS)
def test_each_command_exists(name: str) -> None:
    program, *words = OURS[name]["command"]
    if program == "python":
        assert words[0] == "manage.py"
        assert words[1] in get_commands()
    elif program == "celery":
        assert words[:2] == ["--app", "coordination"]
        context = celery_program.make_context("celery", words[:2], resilient_parsing=True)
        command = celery_program.get_command(context, words[2])
        assert command is not None
        command.make_context(words[2], words[3:], parent=context, resilient_parsing=True)
    else:
        assert (program, words[0]) == ("uvicorn", "coordination.asgi:application")


@pytest.mark.parametrize("name", OURS)
def test_each_variable_is_one_we_read(name: str) -> None:
    assert OURS[name]["environment"].keys() <= variables_we_read()


def test_each_queue_has_a_worker() -> None:
    words = [service["command"] for service in OURS.values() if "worker" in service["command"]]
    served = {command[command.index("--queues") + 1] for command in words}
    assert served == {queue.name for queue in settings.CELERY_TASK_QUEUES}


def test_each_variable_we_read_is_documented() -> None:
    text = (CHECKOUT / "docs" / "settings.md").read_text()
    tree = ast.parse((CHECKOUT / "coordination" / "settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and "environment" in ast.dump(node.func)]
    names = [call.args[0].value for call in calls if call.args and isinstance(call.args[0], ast.Constant)]
    assert names
    assert [name for name in names if f"`{name}`" not in text] == []
