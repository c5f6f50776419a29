"""Where the things that records name can be looked at."""

import re
from uuid import UUID

from django.urls import reverse

_NAMED = {name: name for name in ("agent", "role", "tool", "workflow", "trigger", "policy")}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def place_of(thing: str) -> str:
    """Return the address of what a record is about (`run:<id>/step:<key>`, `agent:<name>`), "" where there is none."""
    if thing == "budgets":
        return reverse("budgets")
    kind, _, name = thing.partition(":")
    name = name.partition("/step:")[0]
    if kind in _NAMED and name and "/" not in name:
        return reverse(_NAMED[kind], args=[name])
    if kind == "bias-monitor" and name:
        return reverse("bias-monitor", args=[name])
    if kind in ("run", "approval") and _UUID.fullmatch(name):
        return reverse(kind, args=[UUID(name)])
    return ""


def run_of(subject: str) -> UUID | None:
    """Return the run that a subject names, if it names one."""
    kind, _, name = subject.partition(":")
    name = name.partition("/")[0]
    return UUID(name) if kind == "run" and _UUID.fullmatch(name) else None
