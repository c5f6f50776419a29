"""PDF: a section a page."""

from collections.abc import Iterator
from typing import IO

from coordination.memory.extraction.model import Section, Unreadable

MOST_PAGES = 5_000


def pdf(file: IO[bytes], name: str) -> Iterator[Section]:
    """Yield the text of each page; raises Unreadable."""
    from pypdf import PdfReader  # noqa: PLC0415  (only PDFs need it)
    from pypdf.errors import LimitReachedError, PyPdfError  # noqa: PLC0415

    try:
        reader = PdfReader(file, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("it is locked with a password")
        n_pages = len(reader.pages)
        if n_pages > MOST_PAGES:
            raise Unreadable(f"it has {n_pages:,} pages; at most {MOST_PAGES:,} are read")
        for number, page in enumerate(reader.pages, 1):
            yield Section(name, page.extract_text(), f"page {number}")
    except Unreadable:
        raise
    except LimitReachedError as error:
        raise MemoryError from error
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OSError) as error:
        raise Unreadable(f"it is damaged, or no PDF ({type(error).__name__})") from error
