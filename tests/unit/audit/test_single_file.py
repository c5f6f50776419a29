"""The verifier that leaves in a pack is the one that is used here, and needs only Python and cryptography."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from coordination.audit.outside import single_file
from coordination.audit.outside.command import main
from coordination.audit.outside.joining import NameTaken, join
from tests.unit.engine.proof.packs import KEY, OTHER_KEY, Log, make_log

# The last is what setuptools hangs into every start of Python.
NEEDED = {"cryptography", "cffi", "_cffi_backend", "pycparser", "_distutils_hack"}
# Runs the file as a stranger would, and says which packages it took from beside Python itself.
RUN = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    files = {name: str(getattr(module, "__file__", "")) for name, module in sys.modules.items()}
    print("taken:", *sorted({name.partition(".")[0] for name, file in files.items() if "site-packages" in file}))
"""


@pytest.fixture
def verifier(tmp_path: Path) -> Path:
    path = tmp_path / "verify.py"
    path.write_text(single_file())
    return path


def run(verifier: Path, *arguments: object, without: Sequence[str] = ("orjson",)) -> subprocess.CompletedProcess[str]:
    """Run the file in a Python that finds nothing of this project; `without` names what is not installed there."""
    hidden = f"import sys; sys.modules.update(dict.fromkeys({list(without)!r}))\n"
    command = [sys.executable, "-I", "-c", hidden + RUN, str(verifier), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=60, cwd=verifier.parent)


def packed(tmp_path: Path, log: Log | None = None) -> Path:
    pack = tmp_path / "pack.zip"
    pack.write_bytes((log or make_log()).packed())
    return pack


def test_it_finds_an_intact_pack_intact_with_only_python_and_cryptography(verifier: Path, tmp_path: Path) -> None:
    result = run(verifier, packed(tmp_path))
    assert result.returncode == 0, result.stderr
    assert (
        "12 records in 2 streams are intact. 11 of them are in trees that 3 signed checkpoints cover." in result.stdout
    )
    assert set(result.stdout.split("taken:")[1].split()) <= NEEDED


def test_it_names_the_first_bad_record_and_fails(verifier: Path, tmp_path: Path) -> None:
    log = make_log()
    log.records[4]["body"] = log.records[4]["body"].replace("writer", "forger")
    result = run(verifier, packed(tmp_path, log))
    assert result.returncode == 1
    assert "First bad record: stream run:1, record 3 (id run:1#3, StepSucceeded)" in result.stderr


def test_here_and_there_say_the_same(verifier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = packed(tmp_path)
    assert main([str(pack)]) == 0
    assert run(verifier, pack).stdout.split("taken:")[0] == capsys.readouterr().out


def test_it_trusts_only_the_key_that_is_pinned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = str(packed(tmp_path))
    mine, other = (_base64(key.public_key().public_bytes_raw()) for key in (KEY, OTHER_KEY))
    assert main([pack, "--key", mine]) == 0
    assert "name+id+key" not in capsys.readouterr().out
    assert main([pack, "--key", other]) == 1
    assert "checkpoint 1: was signed by none of the known keys" in capsys.readouterr().err


def test_it_compares_with_a_checkpoint_that_was_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, pack = tmp_path / "kept.note", str(packed(tmp_path))
    kept.write_text(make_log().checkpoints[2]["note"])
    assert main([pack, "--against", str(kept)]) == 0
    kept.write_text(make_log(extra="another story").checkpoints[2]["note"])
    assert main([pack, "--against", str(kept)]) == 1
    assert "kept elsewhere is not of the records that are here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        (b"not a zip", [], "not a whole zip archive"),
        (None, [], "No such file"),
        (b"", ["--key", "short"], "the key short is neither"),
        (b"", ["--against", "verify.py"], "holds no signed checkpoint"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_a_sentence(
    verifier: Path, content: bytes | None, arguments: list[str], sentence: str
) -> None:
    if content is not None:
        (verifier.parent / "pack.zip").write_bytes(content)
    result = run(verifier, "pack.zip", *arguments)
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    assert sentence in result.stderr


def test_modules_that_use_one_name_are_not_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("one")
    monkeypatch.setattr("coordination.audit.outside.joining.getsource", lambda _: "def same() -> None: ...\n")
    with pytest.raises(NameTaken, match="same"):
        join([module, module])


def _base64(raw: bytes) -> str:
    import base64

    return base64.b64encode(raw).decode()
