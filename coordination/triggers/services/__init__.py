"""What changes about triggers: one function per intent."""

from coordination.triggers.services.calling import receive, verified
from coordination.triggers.services.firing import fire_by_hand
from coordination.triggers.services.saving import (
    pause_trigger,
    remove_trigger,
    resume_trigger,
    rotate_secret,
    save_trigger,
)
from coordination.triggers.services.ticking import tick

__all__ = [
    "fire_by_hand",
    "pause_trigger",
    "receive",
    "remove_trigger",
    "resume_trigger",
    "rotate_secret",
    "save_trigger",
    "tick",
    "verified",
]
