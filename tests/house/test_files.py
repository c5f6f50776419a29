"""What is pinned is pinned, what is vendored is unchanged, and no file knows one machine."""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from django.conf import settings

CHECKOUT: Path = settings.BASE_DIR
LISTS = ("requirements.txt", "requirements-dev.txt")
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[A-Za-z0-9.]+)( +# .+)?")
# Folders that tools make and git ignores.
MADE = {".git", ".venv", ".coordination", ".hypothesis", "collected", "node_modules", "__pycache__"}
SOMEBODYS_HOME = re.compile(r"(?<![\w.])/(home|Users|root)/[\w.]+")


def pins(name: str) -> list[re.Match[str] | None]:
    lines = (CHECKOUT / name).read_text().splitlines()
    return [PIN.fullmatch(line) for line in lines if line and not line.startswith(("#", "-r "))]


@pytest.mark.parametrize("name", LISTS)
def test_requirements_are_pinned_exactly_and_installed(name: str) -> None:
    for pin in pins(name):
        assert pin is not None
        assert version(pin["name"]) == pin["version"]


def test_no_requirement_is_named_twice() -> None:
    names = [pin["name"].lower().replace("_", "-") for name in LISTS for pin in pins(name) if pin]
    assert len(names) == len(set(names))


def vendored() -> list[dict[str, str]]:
    files: list[dict[str, str]] = tomllib.loads((CHECKOUT / "static/vendor/VENDOR.toml").read_text())["file"]
    return files


@pytest.mark.parametrize("entry", vendored(), ids=lambda entry: entry["path"])
def test_vendored_file_is_unchanged_and_has_its_licence(entry: dict[str, str]) -> None:
    content = (CHECKOUT / "static" / entry["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert (CHECKOUT / "static" / entry["licence_file"]).read_text().strip()


def test_every_vendored_file_is_listed() -> None:
    listed = {entry["path"] for entry in vendored()} | {entry["licence_file"] for entry in vendored()}
    found = {f"vendor/{path.name}" for path in (CHECKOUT / "static/vendor").iterdir()}
    assert found - {"vendor/VENDOR.toml"} == {path for path in listed if path.startswith("vendor/")}


def our_texts() -> Iterator[tuple[Path, str]]:
    for path in sorted(CHECKOUT.rglob("*")):
        inside = path.relative_to(CHECKOUT)
        if path.is_file() and not any(part in MADE or part.endswith("_cache") for part in inside.parts):
            try:
                yield inside, path.read_text()
            except UnicodeDecodeError:
                continue


def test_no_file_knows_where_it_was_written() -> None:
    for path, text in our_texts():
        assert str(CHECKOUT) not in text, path
        assert not SOMEBODYS_HOME.search(text), path
