"""Controls as data: what laws and standards ask for, what the product does about it, and what it does not."""

import datetime
from functools import cache
from pathlib import Path

import yaml
from pydantic import Field

from coordination.engine.manifest import Spec
from coordination.reports.models import Standing

_FOLDER = Path(__file__).parent
# The order in which they are listed.
_FRAMEWORKS = ("eu-ai-act", "nist-ai-rmf", "iso-42001", "soc-2", "owasp-agentic", "owasp-llm")


class LegalDate(Spec):
    """When something applies, by which source; one that is not certain is to be looked up in the Official Journal."""

    what: str
    date: datetime.date
    basis: str
    url: str
    formerly: datetime.date | None = None
    is_certain: bool = True


class Control(Spec):
    """One requirement, how far the product supports it, and by which evidence that can be seen."""

    key: str
    reference: str
    title: str
    requirement: str
    standing: Standing
    how: str
    evidence: list[str]
    gaps: list[str] = []


class Framework(Spec):
    """A law or standard."""

    key: str
    title: str
    source: str
    url: str
    dates: list[LegalDate] = []
    controls: list[Control] = Field(min_length=1)


@cache
def frameworks() -> tuple[Framework, ...]:
    """Return all frameworks."""
    return tuple(_read(name) for name in _FRAMEWORKS)


@cache
def controls() -> dict[str, Control]:
    """Return all controls by key."""
    return {control.key: control for framework in frameworks() for control in framework.controls}


def _read(name: str) -> Framework:
    return Framework.model_validate(yaml.safe_load((_FOLDER / f"{name}.yaml").read_text()))
