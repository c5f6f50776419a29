"""Read documents from YAML or JSON text, remembering where each value stands.

YAML as its 1.2 core schema has it: what comes out is plain JSON. A date, `yes` and `12:30` are text; a name given
twice, a tag, or aliases that multiply into a flood are refused.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from coordination.engine.manifest import pointer
from coordination.manifests.documents import Document, Mark
from coordination.manifests.errors import ManifestUnreadable
from coordination.shared.errors import FieldError
from coordination.shared.json import Json

MAX_BYTES = 8 * 1024 * 1024
MAX_VALUES = 500_000
MAX_DEPTH = 64
_LARGEST_INTEGER = 2**53 - 1
_TAG = "tag:yaml.org,2002:"
_TOO_LARGE = "the number is too large for JSON; write it as text, in quotes"
_SHOWN = 40
_MERGE = "<<"
_SPACE = re.compile(r"\s*")
_DASHES = re.compile(r"^---(?:\s|$)", re.MULTILINE)
_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


class _CoreLoader(yaml.CSafeLoader):
    """Compose nodes with the implicit types of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, Any] = {}


_CORE = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
}
_SPELLED = {kind: re.compile(f"(?:{pattern})") for kind, (pattern, _) in _CORE.items()}
for _kind, (_, _first) in _CORE.items():
    _CoreLoader.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(f"^{_SPELLED[_kind].pattern}$"), _first)


def read(text: str, source: str = "") -> list[Document]:
    """Return every document of a text; raises ManifestUnreadable with line and column."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise _unreadable(f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
    text = text.removeprefix("\ufeff")
    if source.endswith(".json"):
        return list(_from_json(text, source))
    nodes = _nodes(text)
    if not nodes:
        return []
    ends = [node.start_mark.index for node in nodes[1:]] + [len(text)]
    found = [_document(node, text, end, source) for node, end in zip(nodes, ends, strict=True)]
    return [document for document in found if document.value is not None]


def only_one(written: bytes | str) -> Document:
    """Return the document of a text that holds just one; raises ManifestUnreadable."""
    try:
        documents = read(written.decode() if isinstance(written, bytes) else written)
    except UnicodeDecodeError:
        raise _unreadable("it is not UTF-8 text") from None
    if len(documents) != 1:
        raise _unreadable("it should hold one manifest, not several and not none")
    return documents[0]


def _document(node: yaml.Node, text: str, end: int, source: str) -> Document:
    mark = node.start_mark
    begin = mark.index - mark.column
    if _DASHES.match(text, begin):
        begin = mark.index
    # The next document's dashes and comments stand between the two.
    next_one = _DASHES.search(text, mark.index, end)
    builder = _Builder(begin)
    value = builder.build(node, ())
    said = text[begin : next_one.start() if next_one else end]
    return Document(value, said, source, mark.line + 1, builder.marks, begin - mark.index + mark.column + 1)


def _nodes(text: str) -> list[yaml.Node]:
    try:
        return [node for node in yaml.compose_all(text, Loader=_CoreLoader) if node is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise _unreadable(f"{error.problem or error.context}", *place) from None
    except yaml.YAMLError as error:
        raise _unreadable(str(error).replace("\n", " ")) from None
    except RecursionError:
        raise _unreadable("it is nested too deeply") from None


def _from_json(text: str, source: str) -> Iterator[Document]:
    """Yield each of the JSON values that stand one after the other."""
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
    at = _SPACE.match(text).end()  # type: ignore[union-attr]  # it matches nothing too
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise _unreadable(error.msg, error.lineno, error.colno) from None
        except RecursionError:
            raise _unreadable("it is nested too deeply") from None
        first_line = text.count("\n", 0, at) + 1
        # JSON is YAML but for tabs, which stand between values only, and for characters written as two halves. Only
        # the marks are wanted here: what stands in for both is as long as they are.
        column = at - text.rfind("\n", 0, at) - 1
        padding = "\n" * (first_line - 1) + " " * column
        builder = _Builder(len(padding))
        for node in _nodes(padding + _HALF.sub(r"\\u0078", text[at:end].replace("\t", " "))):
            builder.build(node, ())
        _check_characters(value)
        yield Document(value, text[at:end], source, first_line, builder.marks, column + 1)
        at = _SPACE.match(text, end).end()  # type: ignore[union-attr]  # as above


def _check_characters(value: Json) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _unreadable("it holds half of a character, which is not text") from None


class _Builder:
    """Turn nodes into JSON and note where each value stands."""

    def __init__(self, begin: int) -> None:
        """Take where the document's own text begins in all that was read."""
        self.marks: dict[str, Mark] = {}
        self._begin = begin
        self._count = 0
        self._open: set[int] = set()

    def build(self, node: yaml.Node, path: tuple[object, ...], name: yaml.Node | None = None) -> Json:
        """Return the node's value; raises ManifestUnreadable."""
        self._count += 1
        if self._count > MAX_VALUES:
            raise _at(node, f"it has more than {MAX_VALUES} values, aliases counted each time")
        if len(path) > MAX_DEPTH:
            raise _at(node, f"it is nested more than {MAX_DEPTH} deep")
        begins = (name or node).start_mark
        self.marks[pointer(path)] = Mark(
            node.start_mark.line + 1,
            node.start_mark.column + 1,
            begins.line + 1,
            begins.column + 1,
            getattr(node, "style", None),
            node.start_mark.index - self._begin,
            node.end_mark.index - self._begin,
        )
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if id(node) in self._open:
            raise _at(node, "an alias stands inside what it names")
        self._open.add(id(node))
        try:
            return self._collection(node, path)
        finally:
            self._open.discard(id(node))

    def _collection(self, node: yaml.Node, path: tuple[object, ...]) -> Json:
        if isinstance(node, yaml.SequenceNode):
            _check_tag(node, "seq")
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.MappingNode)  # noqa: S101  (YAML has no fourth kind of node)
        _check_tag(node, "map")
        own = {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
        found: dict[str, Json] = {}
        for key, value in node.value:
            name = _name(key)
            if name == _MERGE and not key.style:
                for inner_key, inner in self._merged(value):
                    # What the mapping says itself wins over what it merges.
                    if inner_key.value not in own and inner_key.value not in found:
                        found[inner_key.value] = self.build(inner, (*path, inner_key.value), inner_key)
                continue
            if name in found:
                raise _at(key, f"the name {name} is given twice")
            found[name] = self.build(value, (*path, name), key)
        return found

    def _merged(self, node: yaml.Node) -> Iterator[tuple[Any, yaml.Node]]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                raise _at(node, "<< takes an alias of a mapping")
            for key, value in source.value:
                if _name(key) == _MERGE:
                    raise _at(key, "<< inside what is merged is not supported")
                yield key, value


def _name(key: yaml.Node) -> str:
    if not isinstance(key, yaml.ScalarNode):
        raise _at(key, "a name must be text")
    return str(key.value)


def _scalar(node: yaml.ScalarNode) -> Json:
    kind = node.tag.removeprefix(_TAG)
    text: str = node.value
    if kind == "str":
        return _text(node, text)
    if kind not in _CORE:
        raise _at(node, f"the tag !!{kind} is not supported; write the value as text")
    if not _SPELLED[kind].fullmatch(text):
        raise _at(node, f"{text[:_SHOWN]!r} is not what its tag says")
    match kind:
        case "bool":
            return text.lower() == "true"
        case "int":
            return _integer(node, text)
        case "float":
            return _number(node, text)
    return None


def _integer(node: yaml.Node, text: str) -> int:
    # The length first: int() of a very long text is slow.
    value = int(text, 0 if text[:2] in ("0o", "0x") else 10) if len(text) <= 20 else _LARGEST_INTEGER + 1
    if abs(value) > _LARGEST_INTEGER:
        raise _at(node, _TOO_LARGE)
    return value


def _number(node: yaml.Node, text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _at(node, _TOO_LARGE)
    return value


def _text(node: yaml.Node, text: str) -> str:
    if "\x00" in text:
        raise _at(node, "it holds a NUL character, which is not text")
    return text


def _check_tag(node: yaml.Node, kind: str) -> None:
    if node.tag != f"{_TAG}{kind}":
        raise _at(node, f"the tag {node.tag} is not supported")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in pairs:
        if name in found:
            raise _unreadable(f"the name {name} is given twice")
        found[name] = value
    return found


def _no_constant(name: str) -> Json:
    raise _unreadable(f"{name} is not JSON")


def _at(node: yaml.Node, why: str) -> ManifestUnreadable:
    return _unreadable(why, node.start_mark.line + 1, node.start_mark.column + 1)


def _unreadable(why: str, line: int | None = None, column: int | None = None) -> ManifestUnreadable:
    place = f" (line {line}, column {column})" if line else ""
    return ManifestUnreadable(errors=[FieldError("", why, None, line, column)], why=f"{why}{place}.")
