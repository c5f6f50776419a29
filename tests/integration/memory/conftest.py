"""An organization that knows something."""

from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.engine.manifest import Manifest
from coordination.memory.models import Document, KnowledgeBase, KnowledgeSource
from coordination.memory.services import index_source, save_knowledge_base
from tests.factories import make_organization

ARTICLES = [
    {"key": "bulbs", "title": "Lamps and bulbs", "text": "The desk lamp takes an E14 bulb of up to 6 watts."},
    {
        "key": "twice",
        "title": "Charged twice",
        "text": "A second charge is refunded with form_4711 once it is confirmed.",
        "links": ["times"],
    },
    {"key": "times", "title": "How long money takes", "text": "Your bank needs three to five working days."},
    {"key": "forms", "title": "Our paperwork", "text": "Staff fill in form_4711 at the end of each day."},
    {"key": "tea", "title": "Kettles", "text": "Descale the kettle once a month with citric acid."},
    {
        "key": "fraud",
        "title": "Signs of fraud",
        "text": "A refund to another card is a sign of fraud.",
        "classification": "confidential",
    },
]


def saved(organization: Organization, name: str = "articles", **spec: Any) -> KnowledgeBase:
    manifest = Manifest.model_validate({"kind": "KnowledgeBase", "metadata": {"name": name}, "spec": spec})
    return save_knowledge_base(organization, manifest, SYSTEM)


@pytest.fixture
def organization(db: None) -> Organization:
    return make_organization()


@pytest.fixture
def articles(organization: Organization) -> KnowledgeBase:
    return saved(organization, documents=ARTICLES)


def index(source: KnowledgeSource) -> KnowledgeSource:
    """Do what a worker does."""
    source.refresh_from_db()
    index_source(source.pk, source.attempt)
    return KnowledgeSource.objects.select_related("knowledge_base").get(pk=source.pk)


def keys(base: KnowledgeBase) -> list[str]:
    return list(Document.objects.filter(knowledge_base=base).order_by("key").values_list("key", flat=True))
