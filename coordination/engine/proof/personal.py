"""Personal values in records: what a schema declares, the commitments that stand for them, and what opens those.

A record holds SHA-256(base64url(JSON [salt, path, value])) in place of a value, as RFC 9901 has it for disclosures: who
has salt, path and value can show that the record says so, and without the salt nobody can guess the value.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from coordination.engine.proof.canonical import canonical

PERSONAL = "x-personal"
SUBJECT = "x-data-subject"
COMMITMENT = "commitment"
ERASED = "(erased)"
# A shorter text, or a shorter number, would be found in what has nothing to do with the person.
_SHORTEST_TEXT = 3
_SHORTEST_NUMBER = 7
_EACH = "*"
_ALTERNATIVES = ("allOf", "anyOf", "oneOf")
_CONDITIONS = ("if", "then", "else")
Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """Where a schema says that values are personal, and which of them names the person."""

    personal: tuple[Path, ...]
    subject: Path | None


@dataclass(frozen=True, slots=True)
class Told:
    """What an input tells about a person: each value under its name, and how the person is called if it says so."""

    values: tuple[tuple[str, Any], ...]
    subject: str | None


@dataclass(frozen=True, slots=True)
class Opening:
    """What shows that a record says this: handed to whom it is meant for, and destroyed by an erasure."""

    salt: str
    path: str
    value: Any

    def text(self) -> str:
        """Return the disclosure as it is handed over."""
        raw = canonical([self.salt, self.path, self.value]).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def commitment(self) -> str:
        """Return what a record holds in the place of the value."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.text().encode()).digest()).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> "Opening":
        """Return what a disclosure opens; raises ValueError for what is none."""
        salt, path, value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return cls(str(salt), str(path), value)


def declared(schema: Mapping[str, Any]) -> Declared | None:
    """Return what a JSON Schema declares as personal, or None if nothing is."""
    found = list(_declared(schema, schema, (), frozenset()))
    personal = tuple(dict.fromkeys(path for path, _ in found))
    subject = next((path for path, names_person in found if names_person), None)
    return Declared(personal, subject) if personal else None


def told(what: Declared, value: Any) -> Told:
    """Return what a value that fits the schema tells about a person."""
    values = [leaf for path in what.personal for leaf in _leaves(path, value, path[-1] if path else "")]
    named = [one for _, one in _leaves(what.subject, value, "")] if what.subject else []
    text = str(named[0]).strip() if named and not isinstance(named[0], bool) else ""
    return Told(tuple(values), text or None)


def is_commitment(value: Any) -> bool:
    """Tell whether this stands for a value that is kept elsewhere."""
    return isinstance(value, dict) and value.keys() == {COMMITMENT}


def opened(value: Any, values: Mapping[str, Any]) -> Any:
    """Return what a record says with its commitments replaced by their values, or by the word that they are erased."""
    if is_commitment(value):
        return values.get(value[COMMITMENT], ERASED)
    if isinstance(value, dict):
        return {name: opened(one, values) for name, one in value.items()}
    return [opened(one, values) for one in value] if isinstance(value, list) else value


class Finder:
    """Find a person's values in whatever is written about them."""

    def __init__(self, values: Iterable[tuple[str, Any]]) -> None:
        """Look for texts within texts, and for what is too short for that under the same name only."""
        texts: set[str] = set()
        self._numbers: set[float] = set()
        self._named: set[tuple[str, str]] = set()
        for name, value in values:
            if isinstance(value, str) and len(value.strip()) >= _SHORTEST_TEXT:
                texts.add(value.strip())
            elif _is_long_number(value):
                self._numbers.add(value)
                texts.add(str(value))
            elif value not in ("", None):
                self._named.add((name, repr(value)))
        longest_first = sorted(texts, key=lambda text: (-len(text), text))
        self._texts = re.compile("|".join(map(_whole, longest_first)), re.IGNORECASE) if texts else None

    def has(self, name: str, value: Any) -> bool:
        """Tell whether a value, which is no object and no list, holds one of the person's."""
        if (name, repr(value)) in self._named:
            return True
        if isinstance(value, str):
            return self._texts is not None and self._texts.search(value) is not None
        return _is_long_number(value) and value in self._numbers

    def scrubbed(self, value: Any, name: str = "") -> Any:
        """Return a value without the person's in it; the same object where there are none."""
        if isinstance(value, dict):
            made = {self._text(key): self.scrubbed(one, key) for key, one in value.items()}
            return made if made != value else value
        if isinstance(value, list):
            items = [self.scrubbed(one, name) for one in value]
            return items if items != value else value
        if not self.has(name, value):
            return value
        return self._text(value) if isinstance(value, str) and (name, repr(value)) not in self._named else ERASED

    def covered(
        self, value: Any, salt: Callable[[], str], leave: Callable[[str], bool], path: str = "/data", name: str = ""
    ) -> tuple[Any, list[Opening]]:
        """Return a value with commitments in the place of what holds the person's, and what opens each.

        Members whose name `leave` names are left as they are.
        """
        if isinstance(value, Mapping):
            openings: list[Opening] = []
            made: dict[str, Any] = {}
            for key, one in value.items():
                # A name can hold no commitment: there the person's value is lost at once.
                known = self._text(key)
                if leave(key):
                    made[known] = one
                    continue
                made[known], more = self.covered(one, salt, leave, f"{path}/{_escaped(known)}", key)
                openings += more
            return made, openings
        if isinstance(value, list | tuple):
            parts = [self.covered(one, salt, leave, f"{path}/{at}", name) for at, one in enumerate(value)]
            return [part for part, _ in parts], [opening for _, more in parts for opening in more]
        if not self.has(name, value):
            return value, []
        opening = Opening(salt(), path, value)
        return {COMMITMENT: opening.commitment()}, [opening]

    def _text(self, text: str) -> str:
        return self._texts.sub(ERASED, text) if self._texts is not None else text


def _whole(text: str) -> str:
    """Return what finds a text that is no part of a longer word."""
    before = r"(?<!\w)" if re.match(r"\w", text) else ""
    return before + re.escape(text) + (r"(?!\w)" if re.search(r"\w\Z", text) else "")


def _is_long_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and len(str(value).strip("-")) >= _SHORTEST_NUMBER


def _declared(schema: Any, root: Mapping[str, Any], path: Path, within: frozenset[str]) -> Iterator[tuple[Path, bool]]:
    """Yield where values are personal, and whether each names the person."""
    if not isinstance(schema, Mapping):
        return
    names_person = schema.get(SUBJECT) is True
    if names_person or schema.get(PERSONAL) is True:
        yield path, names_person
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in within:
        yield from _declared(_referred(root, reference), root, path, within | {reference})
    for key in _ALTERNATIVES:
        for one in schema.get(key) or ():
            yield from _declared(one, root, path, within)
    for key in _CONDITIONS:
        yield from _declared(schema.get(key), root, path, within)
    for name, one in _members(schema.get("properties")):
        yield from _declared(one, root, (*path, name), within)
    for one in (*_listed(schema.get("prefixItems")), schema.get("items"), schema.get("additionalProperties")):
        yield from _declared(one, root, (*path, _EACH), within)


def _referred(root: Mapping[str, Any], reference: str) -> Any:
    """Return the part of the schema that a local reference names, or nothing."""
    if not reference.startswith("#"):
        return None
    found: Any = root
    for part in reference[1:].split("/")[1:]:
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return found


def _leaves(path: Sequence[str], value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield every scalar below a path, with the name that it stands under."""
    if path:
        head, *rest = path
        if head == _EACH:
            for one in value.values() if isinstance(value, dict) else _listed(value):
                yield from _leaves(rest, one, name)
        elif isinstance(value, dict) and head in value:
            yield from _leaves(rest, value[head], name)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves((), one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves((), one, name)
    else:
        yield name, value


def _members(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, Mapping) else ()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
