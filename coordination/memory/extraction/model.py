"""What is read out of a file, and why it may not be."""

from dataclasses import dataclass

# A document longer than this is cut: nobody reads a book to find a sentence.
LONGEST_DOCUMENT = 20_000
MOST_DOCUMENTS = 20_000


@dataclass(frozen=True, slots=True)
class Section:
    """One text of a file: a chapter, a page, a row."""

    title: str
    text: str
    place: str = ""
    label: str = ""


class Unreadable(Exception):
    """A file cannot be read; the message is a sentence for whoever brought it."""
