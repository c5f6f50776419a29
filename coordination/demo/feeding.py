"""Send the demo its inquiries: slowly, and never more than people can follow."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.policies.errors import ActDenied
from coordination.policies.services import keep_denial
from coordination.runs.selectors import runs
from coordination.runs.services import start_run
from coordination.shared.json import JsonObject

WORKFLOW = "customer-support"
INBOX = Actor("system", "inbox")
INQUIRIES = Path(__file__).parent / "inquiries.yaml"
# So that the overview is not empty when it is first looked at.
BURST = 6
MAX_OPEN = 12


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a customer writes; a routine one needs no person, so it comes even while others wait for one."""

    input: JsonObject
    routine: bool


@lru_cache
def inquiries() -> tuple[Inquiry, ...]:
    """Return the inquiries in the order in which they come."""
    found: list[dict[str, Any]] = yaml.safe_load(INQUIRIES.read_text(encoding="utf-8"))
    return tuple(
        Inquiry({name: value for name, value in item.items() if name != "routine"}, item.get("routine", False))
        for item in found
    )


def next_inquiry(sent: int, n_open: int) -> Inquiry | None:
    """Return what comes after `sent` inquiries while `n_open` runs are open; None when even routine must wait."""
    everything = inquiries()
    if n_open < MAX_OPEN:
        return everything[sent % len(everything)]
    routine = [inquiry for inquiry in everything if inquiry.routine]
    # Routine runs end by themselves; that many of them open means that nobody works on them.
    return routine[sent % len(routine)] if n_open < MAX_OPEN + BURST else None


def feed(organization: Organization, every_s: float, told_to_stop: Callable[[float], bool]) -> None:
    """Start runs, a first burst, then one about every `every_s` seconds, until waiting tells to stop."""
    sent = runs(organization, workflow=WORKFLOW).count()
    while True:
        n_open = runs(organization, status="open").count()
        inquiry = next_inquiry(sent, n_open)
        if inquiry is not None:
            try:
                start_run(organization, WORKFLOW, inquiry.input, actor=INBOX)
            except ActDenied as denial:
                keep_denial(denial)
            sent += 1
        # It stops while it waits, never in the middle of a start.
        if told_to_stop(_pause_s(sent, n_open, every_s)):
            return


def _pause_s(sent: int, n_open: int, every_s: float) -> float:
    if sent < BURST:
        return every_s / 20
    behind = n_open >= MAX_OPEN
    return every_s * random.uniform(0.5, 1.5) * (4 if behind else 1)  # noqa: S311  (a rhythm, not a secret)
