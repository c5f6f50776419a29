"""What a manifest of kind KnowledgeBase may say."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from coordination.engine.duration import Duration, seconds
from coordination.engine.manifest import Spec

Classification = Literal["public", "internal", "customer", "confidential"]
SHORTEST_WAIT_S = 300
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """A document as it comes in."""

    key: str
    title: str
    text: str
    label: str = ""
    links: tuple[str, ...] = ()
    classification: str = "public"
    place: str = ""
    # Why it is not to be trusted, and why nobody should read it before a person has.
    taint: str = ""
    suspicion: str = ""


class DocumentSpec(Spec):
    """One document; a label makes it an example to learn from."""

    key: str = Field(min_length=1, max_length=200)
    title: str = Field(default="", max_length=300)
    text: str = Field(min_length=1)
    label: str = Field(default="", max_length=100)
    links: list[str] = Field(default=[], description="Keys of documents to read with this one.")
    classification: Classification | None = None


class ReadersSpec(Spec):
    """Who may read a knowledge base; an empty list is everyone."""

    agents: list[str] = Field(default=[], max_length=100, description="Names of agents' roles.")
    people: list[Literal["manager", "reviewer", "admin", "auditor"]] = Field(
        default=[], description="Roles of people; who edits knowledge bases sees them all."
    )


class PageSpec(Spec):
    """A web page that is read, and read again when its time has come."""

    url: str = Field(min_length=8, max_length=500)
    every: Duration | None = Field(default=None, description="How often it is read again; never, without it.")
    trusted: bool = Field(default=False, description="Somebody vouches for what it says.")

    @field_validator("every")
    @classmethod
    def _not_too_often(cls, every: str | None) -> str | None:
        if every is not None and seconds(every) < SHORTEST_WAIT_S:
            raise ValueError("a page is read at most every five minutes")
        return every


class KnowledgeBaseSpec(Spec):
    """The documents of a knowledge base, in whichever form is easiest to write; forms may be mixed.

    What is listed is the whole content. A manifest that lists nothing leaves the present documents alone, and none
    touches what was uploaded.
    """

    classification: Classification = Field(default="public", description="For documents that do not say.")
    documents: list[DocumentSpec] = []
    examples: dict[str, list[str]] = Field(default={}, description="Label → texts that deserve it.")
    markdown: str = Field(default="", description="One text; each heading starts a document.")
    readers: ReadersSpec = ReadersSpec()
    sites: list[str] = Field(
        default=[],
        max_length=50,
        description="Beginnings of addresses that pages may be read from: https://example.com/help/",
    )
    pages: list[PageSpec] = Field(default=[], max_length=200, description="Web pages to read and to keep up to date.")

    @field_validator("sites")
    @classmethod
    def _addresses(cls, sites: list[str]) -> list[str]:
        for site in sites:
            parts = urlsplit(site)
            if parts.scheme not in ("http", "https") or not parts.hostname or len(site) > 500:
                raise ValueError(f"{site!r} is not the beginning of an address such as https://example.com/help/")
        return sites

    def contents(self) -> Iterator[DocumentInput]:
        """Yield every document that the manifest lists."""
        for item in self.documents:
            level = item.classification or self.classification
            yield DocumentInput(item.key, item.title, item.text, item.label, tuple(item.links), level)
        for label, texts in self.examples.items():
            for text in texts:
                yield example(label, text, self.classification)
        for title, text in sections_of(self.markdown):
            yield DocumentInput(_slug(title), title, text, classification=self.classification)


def example(label: str, text: str, classification: str = "public") -> DocumentInput:
    """Return a labelled text as a document; the same text under the same label has the same key."""
    digest = hashlib.sha256(f"{label}\n{text}".encode()).hexdigest()[:16]
    return DocumentInput(f"{_slug(label)}-{digest}", "", text, label, (), classification)


def sections_of(markdown: str) -> Iterator[tuple[str, str]]:
    """Yield the heading and the text of each section that has text."""
    # re.split with one group gives: text before the first heading, heading, text, heading, text …
    pieces = _HEADING.split(markdown)
    for title, text in zip(pieces[1::2], pieces[2::2], strict=True):
        if text.strip():
            yield title, text.strip()


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:150]
