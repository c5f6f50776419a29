"""Saving knowledge bases and documents."""

from typing import Any

import numpy as np
import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.audit.selectors import events
from coordination.memory.errors import DocumentKeyRepeated, KnowledgeBaseUnknown
from coordination.memory.models import Document, KnowledgeBase, Passage
from coordination.memory.selectors import labelled_examples, manifest_of, search
from coordination.memory.services import (
    DocumentInput,
    put_documents,
    remove_documents,
    remove_knowledge_base,
    save_knowledge_base,
)
from coordination.shared.manifests import ManifestInvalid
from tests.integration.memory.conftest import ARTICLES, saved

MARKDOWN = """Before the first heading.

# One thing
It is so.

## Another thing
It is otherwise.

# Nothing
"""


def test_every_form_of_content_becomes_documents(organization: Organization) -> None:
    base = saved(
        organization,
        classification="internal",
        documents=[{"key": "a", "text": "First.", "classification": "public"}],
        examples={"greeting": ["Hello!", "Hi there"]},
        markdown=MARKDOWN,
    )
    rows = {row.key: row for row in base.documents.all()}
    assert len(rows) == 5
    assert (rows["a"].classification, rows["one-thing"].classification) == ("public", "internal")
    assert rows["another-thing"].text == "It is otherwise."
    assert {row.label for row in rows.values()} == {"", "greeting"}
    assert base.n_passages == Passage.objects.filter(knowledge_base=base).count() == 5


def test_saving_the_same_changes_nothing(organization: Organization, articles: KnowledgeBase) -> None:
    passages = set(Passage.objects.values_list("id", flat=True))
    again = saved(organization, documents=ARTICLES)
    assert again.revision == articles.revision
    assert set(Passage.objects.values_list("id", flat=True)) == passages
    assert events(organization, kind="KnowledgeBaseSaved").count() == 1


def test_what_is_no_longer_listed_is_gone(organization: Organization, articles: KnowledgeBase) -> None:
    base = saved(organization, documents=ARTICLES[:2])
    assert base.revision > articles.revision
    assert sorted(base.documents.values_list("key", flat=True)) == ["bulbs", "twice"]
    assert base.n_passages == 2


def test_a_manifest_without_content_leaves_the_documents_alone(
    organization: Organization, articles: KnowledgeBase
) -> None:
    assert saved(organization).documents.count() == len(ARTICLES)


def test_only_what_changed_is_embedded_again(articles: KnowledgeBase) -> None:
    kept = Passage.objects.get(document__key="tea")
    changed = put_documents(articles, [DocumentInput("bulbs", "Lamps", "The lamp takes an E27 bulb.")])
    assert changed == 1
    assert Passage.objects.get(document__key="tea").pk == kept.pk
    assert Document.objects.get(key="bulbs").text == "The lamp takes an E27 bulb."
    assert Passage.objects.filter(document__key="bulbs").count() == 1


def test_two_texts_under_one_key_are_refused(articles: KnowledgeBase) -> None:
    with pytest.raises(DocumentKeyRepeated, match="key x"):
        put_documents(articles, [DocumentInput("x", "", "one"), DocumentInput("x", "", "two")])


def test_the_manifest_makes_it_again(organization: Organization, articles: KnowledgeBase) -> None:
    said = manifest_of(articles)
    remove_knowledge_base(organization, "articles", SYSTEM)
    again = save_knowledge_base(organization, said, SYSTEM)
    assert manifest_of(again) == said


@pytest.mark.parametrize(
    ("spec", "pointer", "suggestion"),
    [
        ({"document": []}, "/spec/document", "documents"),
        ({"documents": [{"key": "a", "text": "x", "titel": "y"}]}, "/spec/documents/0/titel", "title"),
        ({"documents": [{"key": "a"}]}, "/spec/documents/0/text", None),
        ({"classification": "secret"}, "/spec/classification", None),
        ({"examples": {"a": "text"}}, "/spec/examples/a", None),
    ],
)
def test_mistakes_are_named(organization: Organization, spec: Any, pointer: str, suggestion: str | None) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        saved(organization, **spec)
    assert (caught.value.errors[0].pointer, caught.value.errors[0].suggestion) == (pointer, suggestion)


def test_changes_are_on_record(organization: Organization, articles: KnowledgeBase) -> None:
    remove_documents(articles, ["tea", "unknown"], SYSTEM)
    remove_knowledge_base(organization, "articles", SYSTEM)
    kinds = [event.kind for event in events(organization, object="knowledge-base:articles")]
    assert sorted(kinds) == ["KnowledgeBaseRemoved", "KnowledgeBaseSaved", "KnowledgeBaseSaved"]
    with pytest.raises(KnowledgeBaseUnknown):
        search(organization, "articles", "tea")


def test_examples_are_read_with_their_rows(organization: Organization) -> None:
    saved(organization, "moods", examples={"good": ["I am happy.", "Lovely!"], "bad": ["I am sad."]})
    first = labelled_examples(organization, "moods")
    assert sorted(zip(first.labels, first.texts, strict=True)) == [
        ("bad", "I am sad."), ("good", "I am happy."), ("good", "Lovely!")
    ]  # fmt: skip
    assert first.embeddings.shape == (3, 384)
    assert np.allclose(np.linalg.norm(first.embeddings, axis=1), 1.0, atol=1e-5)
    assert labelled_examples(organization, "moods") is first


def test_another_revision_has_other_examples(organization: Organization) -> None:
    base = saved(organization, "moods", examples={"good": ["I am happy."]})
    before = labelled_examples(organization, "moods").revision
    put_documents(base, [DocumentInput("new", "", "I am sad.", "bad")])
    after = labelled_examples(organization, "moods")
    assert after.revision != before
    assert set(after.labels) == {"good", "bad"}


def test_without_examples_there_are_none(organization: Organization, articles: KnowledgeBase) -> None:
    assert labelled_examples(organization, "articles").embeddings.shape == (0, 384)
