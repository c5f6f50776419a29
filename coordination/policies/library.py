"""The policies that come with the product: each a manifest in the folder `library`, to be taken as a draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import yaml

from coordination.engine.manifest import Manifest
from coordination.policies.errors import LibraryPolicyUnknown
from coordination.policies.frameworks import FRAMEWORKS
from coordination.policies.manifest import PolicySpec

FOLDER: Final = Path(__file__).parent / "library"
# The label by which a policy says from which one of the library it was made.
LABEL: Final = "library"
TOPICS: Final[Mapping[str, str]] = {
    "spending": "Spending",
    "oversight": "People in charge",
    "data": "Personal and confidential data",
    "security": "Untrusted input and tools",
    "runaway": "Agents that run away",
    "change": "Changes of agents and rules",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One policy of the library."""

    manifest: Manifest
    spec: PolicySpec

    @property
    def name(self) -> str:
        """Return the name that it is found by."""
        return self.manifest.metadata.name

    @property
    def title(self) -> str:
        """Return what it is called."""
        return self.manifest.metadata.title

    @property
    def topic(self) -> str:
        """Return what it is about, one of TOPICS."""
        return self.manifest.metadata.labels["topic"]

    @property
    def frameworks(self) -> list[str]:
        """Return the frameworks of which it supports a part, in their usual order."""
        return [name for name in FRAMEWORKS if any(tag.startswith(f"{name} ") for tag in self.spec.tags)]

    @property
    def effects(self) -> list[str]:
        """Return what its rules do, each effect once."""
        return list(dict.fromkeys(rule.effect for rule in self.spec.rules))

    @property
    def n_tests(self) -> int:
        """Return how many tests its rules keep."""
        return sum(len(rule.tests) for rule in self.spec.rules)


def entries(topic: str = "", framework: str = "") -> list[Entry]:
    """Return the policies of the library, topic by topic; those of one topic or one framework where that is asked."""
    return [
        entry
        for entry in _all().values()
        if topic in ("", entry.topic) and (not framework or framework in entry.frameworks)
    ]


def entry_named(name: str) -> Entry:
    """Return one policy of the library; raises LibraryPolicyUnknown."""
    entry = _all().get(name)
    if entry is None:
        raise LibraryPolicyUnknown(name=name)
    return entry


@lru_cache
def _all() -> Mapping[str, Entry]:
    found = [_read(path) for path in FOLDER.glob("*.yaml")]
    order = list(TOPICS)
    return {entry.name: entry for entry in sorted(found, key=lambda one: (order.index(one.topic), one.title))}


def _read(path: Path) -> Entry:
    manifest = Manifest.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    return Entry(manifest, PolicySpec.model_validate(manifest.spec))
