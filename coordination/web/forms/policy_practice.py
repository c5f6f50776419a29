"""How changes of policies come into force, as it is typed."""

from collections.abc import Mapping
from typing import Any

from coordination.policies.models import PolicyPractice
from coordination.shared.errors import FieldError
from coordination.web.forms.manifest import Wanted

NUMBERS = ("shadow_hours", "shadow_matches", "canary_percent", "canary_hours")
FIELDS = (
    Wanted("is_review_required", "/is_review_required", "Changes that let more happen are reviewed by others",
           "Without it, one admin alone can loosen every rule.", "check"),
    Wanted("reason", "/reason", "Why there are no reviews", "Shown on the pages and kept in the record."),
    Wanted("shadow_hours", "/shadow_hours", "Shadow, hours", "How long a reviewed change is only watched.", "number",
           required=True),
    Wanted("shadow_matches", "/shadow_matches", "Shadow, decisions", "How many decisions it must have judged.",
           "number", required=True),
    Wanted("canary_percent", "/canary_percent", "Canary, percent of runs", "It decides for these runs first.",
           "number", required=True),
    Wanted("canary_hours", "/canary_hours", "Canary, hours", "How long, before it holds for all.", "number",
           required=True),
)  # fmt: skip


def practice_in(posted: Mapping[str, str]) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the practice that was typed, and what cannot be read."""
    changes: dict[str, Any] = {"is_review_required": posted.get("is_review_required") == "on"}
    errors = []
    for name in NUMBERS:
        text = posted.get(name, "").strip()
        if text.isdecimal() and len(text) < 10:
            changes[name] = int(text)
        else:
            errors.append(FieldError(f"/{name}", "write a whole number"))
    return changes | {"reason": posted.get("reason", "").strip()}, errors


def practice_typed(practice: PolicyPractice) -> dict[str, str]:
    """Return a practice as it would have been typed."""
    typed = {name: str(getattr(practice, name)) for name in NUMBERS}
    return typed | {"reason": practice.reason, "is_review_required": "on" if practice.is_review_required else ""}
