"""Manifests sent as their authors wrote them, so that each mistake can be told by line and column."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from rest_framework.parsers import BaseParser

from coordination.manifests.documents import Document
from coordination.manifests.reading import only_one


@dataclass(frozen=True, slots=True)
class YamlText:
    """A body in YAML, not read yet."""

    raw: bytes

    def document(self) -> Document:
        """Return the one manifest that the text holds; raises ManifestUnreadable."""
        return only_one(self.raw)


class YamlParser(BaseParser):
    """YAML under its own name (RFC 9512)."""

    media_type = "application/yaml"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the text: what is wrong with it is part of the answer."""
        return YamlText(stream.read())


class OlderYamlParser(YamlParser):
    """The name that was used before there was a standard."""

    media_type = "application/x-yaml"


class TextYamlParser(YamlParser):
    """The name that some programs use."""

    media_type = "text/yaml"


YAML_PARSERS = [YamlParser, OlderYamlParser, TextYamlParser]
