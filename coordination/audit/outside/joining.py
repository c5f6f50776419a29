"""Join the modules that check a pack into one file, so that inside and outside the same code decides."""

import ast
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from inspect import getsource
from types import ModuleType
from typing import TypeAlias

from coordination.audit.outside import command
from coordination.engine.proof import (
    archive,
    body,
    dropped,
    findings,
    handover,
    lines,
    links,
    manifest,
    merkle,
    note,
    pack,
    part,
    torn,
    tree,
    whole,
)

# Names by the module that they come from; those of whole modules under "".
Imports: TypeAlias = "defaultdict[str, set[str]]"

# Each after those that it uses.
_MODULES = (
    body, findings, merkle, note, handover, dropped, links, lines, tree, whole, part, manifest, torn, archive, pack,
    command,
)  # fmt: skip
_OURS = "coordination."
_HEADING = '''#!/usr/bin/env python3
"""Check a pack of audit records: python verify.py PACK.zip [--key KEY] [--against CHECKPOINT]

Needs Python 3.11 or later and the package cryptography, and nothing of the system that made the pack. A pack that was
forged may hold a forged verify.py: take this file from where you take the software, and the key from its operator.
"""
'''
_ENDING = '\n\nif __name__ == "__main__":\n    sys.exit(main(sys.argv[1:]))\n'


class NameTaken(RuntimeError):
    """Two modules of the verifier use one name at their top: one of them must give way."""


@cache
def single_file() -> str:
    """Return the verifier as the text of one Python file."""
    return join(_MODULES)


def join(modules: Iterable[ModuleType]) -> str:
    """Return these modules as the text of one Python file; raises NameTaken."""
    imports: Imports = defaultdict(set)
    taken: set[str] = set()
    parts = [_own(module, imports, taken) for module in modules]
    return "\n".join([_HEADING, _spelled(imports), *parts]) + _ENDING


def _own(module: ModuleType, imports: Imports, taken: set[str]) -> str:
    """Return what a module defines; collects what it imports from elsewhere."""
    source = getsource(module)
    lines = source.splitlines()
    kept = set(range(1, len(lines) + 1))
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            kept -= set(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
            if not (isinstance(statement, ast.ImportFrom) and str(statement.module).startswith(_OURS)):
                _take(statement, imports)
        names = _names(statement)
        if names & taken:
            raise NameTaken(f"{module.__name__}: {names & taken}")
        taken |= names
    return "\n\n# " + module.__name__.rpartition(".")[2] + "\n" + "\n".join(lines[n - 1] for n in sorted(kept)).strip()


def _take(statement: ast.Import | ast.ImportFrom, imports: Imports) -> None:
    module = statement.module or "" if isinstance(statement, ast.ImportFrom) else ""
    imports[module] |= {name.name for name in statement.names}


def _spelled(imports: Imports) -> str:
    whole = [f"import {name}" for name in sorted(imports.pop("", ()))]
    return "\n".join(
        [*whole, *(f"from {module} import {', '.join(sorted(imports[module]))}" for module in sorted(imports))]
    )


def _names(statement: ast.stmt) -> set[str]:
    """Return the names that a statement at the top of a module defines."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
