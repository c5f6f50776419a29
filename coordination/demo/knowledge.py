"""What the demo has on its pages of knowledge: files that were brought, one that gives orders; and memory."""

from pathlib import Path
from typing import Final

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.engine.manifest import Manifest, Metadata
from coordination.memory.services import remember, save_knowledge_base, upload
from coordination.shared.json import Json

_PAPERS: Final = Path(__file__).parent / "papers"
# Whether somebody vouches for it: what a partner sends is read, and not trusted.
_BROUGHT: Final = {"returns-handbook.md": True, "shipping-rates.csv": True, "partner-newsletter.html": False}
_AGENT: Final = "kb-search"
_CONVERSATION: Final = (
    ("Mara Vogt", "My lamp arrived broken, and the parcel looked fine."),
    ("writer-extractive", "I am sorry about that. Could you send a photo of it?"),
    ("Mara Vogt", "Here it is. I would rather have a new lamp than the money."),
)


def furnish(organization: Organization, actor: Actor) -> None:
    """Make a knowledge base of files, which the workers index, and remember a few things."""
    about = Metadata(
        name="handbook", title="Support handbook", description="What people brought: a handbook, rates, a newsletter."
    )
    spec: dict[str, Json] = {"classification": "internal", "sites": ["https://help.acme.example/"]}
    base = save_knowledge_base(organization, Manifest(kind="KnowledgeBase", metadata=about, spec=spec), actor)
    for name, trusted in _BROUGHT.items():
        upload(base, name, [(_PAPERS / name).read_bytes()], actor, is_trusted=trusted)
    _remember(organization, actor)


def _remember(organization: Organization, actor: Actor) -> None:
    for limit in (300, 500):
        remember(
            organization, key="refund-limit", value={"euro": limit}, writer=str(actor), source="Returns handbook",
            confidence=1.0, actor=actor,
        )  # fmt: skip
    remember(
        organization, key="asked-most", value=["refunds", "lost parcels", "bulbs"], writer=_AGENT, agent=_AGENT,
        confidence=0.8, source="the last hundred searches", actor=actor,
    )  # fmt: skip
    for number, (author, text) in enumerate(_CONVERSATION, 1):
        remember(
            organization, key=f"{number:04d}", value={"author": author, "text": text}, writer=author,
            scope="conversation:case-2207", classification="customer", actor=actor,
        )  # fmt: skip
