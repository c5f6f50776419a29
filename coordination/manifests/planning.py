"""What would change: compare what a manifest says with what is in force."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from coordination.accounts.models import Organization
from coordination.engine.manifest import Manifest, pointer
from coordination.manifests.kinds import KINDS, Kind
from coordination.shared.json import Json

_MISSING = object()


class Action(StrEnum):
    """What applying a manifest does."""

    CREATE = "create"
    CHANGE = "change"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that differs; None stands for a value that is not there."""

    pointer: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Change:
    """What applying one manifest does."""

    kind: str
    name: str
    action: Action
    fields: tuple[FieldChange, ...] = ()

    @property
    def outcome(self) -> str:
        """Return in one word how the manifest comes into force."""
        return "unchanged" if self.action is Action.UNCHANGED else KINDS[self.kind].done


def change_for(organization: Organization, said: Manifest) -> Change:
    """Return what applying a manifest would do; defaults that nobody wrote are no difference."""
    kind = KINDS[said.kind]
    name = said.metadata.name
    present = kind.find(organization, name)
    if present is None:
        return Change(said.kind, name, Action.CREATE)
    before, after = _normal(kind, present), _normal(kind, said)
    if kind.name == "KnowledgeBase" and not after["spec"]["documents"]:
        after["spec"] = before["spec"]  # A manifest that lists no documents leaves the present ones alone.
    fields = tuple(differences(before, after))
    return Change(said.kind, name, Action.CHANGE if fields else Action.UNCHANGED, fields)


def differences(before: Any, after: Any, path: tuple[object, ...] = ()) -> list[FieldChange]:
    """Return each place where two JSON values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted({*before, *after})
        pairs = [(name, before.get(name, _MISSING), after.get(name, _MISSING)) for name in names]
    elif isinstance(before, list) and isinstance(after, list):
        both = zip_longest(before, after, fillvalue=_MISSING)
        pairs = [(str(index), old, new) for index, (old, new) in enumerate(both)]
    elif before == after and isinstance(before, bool) == isinstance(after, bool):
        return []
    else:
        return [FieldChange(pointer(path), _shown(before), _shown(after))]
    return [change for name, old, new in pairs for change in differences(old, new, (*path, name))]


def _normal(kind: Kind, said: Manifest) -> dict[str, Any]:
    about = said.metadata.model_dump(mode="json")
    return {"metadata": about, "spec": kind.normal(kind.spec.model_validate(said.spec))}


def _shown(value: Any) -> Json:
    shown: Json = None if value is _MISSING else value
    return shown
