"""The report as PDF: tagged, so that it can be read aloud and searched."""

import json
from pathlib import Path
from typing import Any

import typst

_TEMPLATE = Path(__file__).parent / "report.typ"


def pdf_of(said: dict[str, Any]) -> bytes:
    """Return the document, by PDF/UA-1 where the fonts of this machine have all of its letters."""
    template, inputs = _TEMPLATE.read_bytes(), {"report": json.dumps(said, ensure_ascii=False)}
    try:
        return bytes(typst.compile(template, sys_inputs=inputs, pdf_standards=["ua-1"]))
    except typst.TypstError:
        return bytes(typst.compile(template, sys_inputs=inputs))
