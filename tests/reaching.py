"""A reach that needs no database: knowledge bases as plain lists, searched by meaning alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coordination.adapters.ports import Examples, Hit, Matrix, Turn
from coordination.memory.embedding import embed
from coordination.memory.passages import passages_of
from coordination.shared.ids import new_id
from coordination.shared.json import Json


class PlainReach:
    """What an agent reaches in a unit test."""

    stopping = False

    def __init__(
        self,
        documents: Mapping[str, Mapping[str, str]] | None = None,
        examples: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    ) -> None:
        self._documents = documents or {}
        self._examples = {name: _examples(labels) for name, labels in (examples or {}).items()}
        self.memory: dict[str, Json] = {}
        self.conversations: dict[str, list[Turn]] = {}
        self.searched: list[tuple[str, str]] = []

    def search(self, knowledge_base: str, query: str, k: int = 5) -> list[Hit]:
        self.searched.append((knowledge_base, query))
        documents = self._documents.get(knowledge_base, {})
        found = [(title, text) for title, whole in documents.items() for text in passages_of(whole)]
        if not found:
            return []
        scores = embed([f"{title}. {text}" for title, text in found]) @ embed([query])[0]
        best = np.argsort(-scores)[:k]
        return [Hit(found[i][0], found[i][0], found[i][1], float(scores[i]), new_id(), "public") for i in best]

    def examples(self, knowledge_base: str) -> Examples:
        return self._examples.get(knowledge_base) or _examples({})

    def embed(self, texts: Sequence[str], model: str = "minilm") -> Matrix:
        return embed(texts, model)

    def recall(self, key: str, namespace: str = "run") -> Json:
        return self.memory.get(key)

    def remember(
        self, key: str, value: Json, confidence: float | None = None, *, namespace: str = "run", **about: Any
    ) -> int:
        self.memory[key] = value
        return 1

    def history(self, tokens: int = 1_000) -> list[Turn]:
        return []

    def conversation(self, name: str, tokens: int = 1_000) -> list[Turn]:
        return self.conversations.get(name, [])

    def say(self, conversation: str, text: str, author: str = "") -> None:
        self.conversations.setdefault(conversation, []).append(Turn(author or "agent", text))


def _examples(labels: Mapping[str, Sequence[str]]) -> Examples:
    pairs = [(label, text) for label, texts in labels.items() for text in texts]
    texts = tuple(text for _, text in pairs)
    return Examples(str(new_id()), texts, tuple(label for label, _ in pairs), embed(texts))
