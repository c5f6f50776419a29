"""The forms about knowledge: a new base, a page to read, who may read; and what is to be taken back."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from coordination.accounts.models import MemberRole
from coordination.engine.manifest import Manifest
from coordination.memory.models import Classification, KnowledgeBase
from coordination.shared.errors import FieldError
from coordination.shared.json import Json
from coordination.web.forms.manifest import NAME_HELP, Wanted, joined, listed

_CLASSES = tuple(Classification.values)
_SITES = "Beginnings of addresses, one a line, such as https://example.com/help/. Pages of no other site are read."
BASE = (
    Wanted("name", "/metadata/name", "Name", NAME_HELP, required=True),
    Wanted("title", "/metadata/title", "Title"),
    Wanted("classification", "/spec/classification", "What is brought is", "Who may read it, from everyone to few.",
           "choice", required=True, options=_CLASSES),
    Wanted("sites", "/spec/sites", "Sites", _SITES, "lines"),
)  # fmt: skip
PAGE = (
    Wanted("url", "/url", "Address of a page", required=True),
    Wanted("every", "/every", "Read it again", "", "choice", options=("every hour", "every day", "every week")),
)
READING = (
    Wanted("classification", "/spec/classification", "What is brought is", "Who may read it, from everyone to few.",
           "choice", required=True, options=_CLASSES),
    Wanted("agents", "/spec/readers/agents", "Roles of agents", "Only agents of these roles find anything. None: all."),
    Wanted("people", "/spec/readers/people", "Roles of people",
           f"Of {', '.join(MemberRole.values)}. None: all; admins see it anyway."),
    Wanted("sites", "/spec/sites", "Sites", _SITES, "lines"),
)  # fmt: skip
ROLLBACK = (
    Wanted("writer", "/writer", "Who wrote", "An agent's name, or user:NAME. Everything it was the last to write."),
    Wanted("since", "/since", "From this day on", "Midnight UTC. Empty: ever.", "date"),
    Wanted("run", "/run", "Or: a run", "Its identifier. What it left behind for later runs."),
)


def manifest_typed(typed: Mapping[str, str]) -> Manifest:
    """Return the manifest of a new knowledge base; raises ValidationError for a name that is none."""
    spec: dict[str, Json] = {"sites": listed(typed.get("sites", ""))}
    if typed.get("classification"):
        spec["classification"] = typed["classification"]
    about = {"name": typed.get("name", "").strip(), "title": typed.get("title", "").strip()}
    return Manifest.model_validate({"kind": "KnowledgeBase", "metadata": about, "spec": spec})


def reading_typed(base: KnowledgeBase) -> dict[str, str]:
    """Return how a knowledge base is set as it would have been typed."""
    return {
        "classification": base.classification,
        "agents": joined(base.agent_roles),
        "people": joined(base.people_roles),
        "sites": "\n".join(base.sites),
    }


def day_in(text: str) -> datetime | FieldError | None:
    """Return the moment that a day begins, or what is wrong with it."""
    if not text.strip():
        return None
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time(), UTC)
    except ValueError:
        return FieldError("/since", "write a day, such as 2026-10-31")
