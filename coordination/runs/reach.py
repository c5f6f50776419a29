"""What a working agent may reach: each read is checked against its limits and leaves a data access."""

from collections.abc import Sequence
from typing import Any

from coordination.accounts.models import Organization
from coordination.adapters.ports import AgentFailed, Examples, Hit, Matrix
from coordination.memory import embedding, selectors
from coordination.memory.services import remember
from coordination.runs.models import DataAccess
from coordination.runs.work import AgentWork
from coordination.shared.clock import now
from coordination.shared.json import Json


class GuardedReach:
    """The reach of one agent for one attempt."""

    def __init__(self, work: AgentWork) -> None:
        self._work = work
        self._organization = Organization(pk=work.organization_id)

    @property
    def stopping(self) -> bool:
        """Say no: only the thread that does the work can be told to stop, and it asks its own call."""
        return False

    def search(self, knowledge_base: str, query: str, k: int = 5) -> list[Hit]:
        """Return the best passages that the agent may read."""
        hits = selectors.search(self._organization, knowledge_base, query, k=k, classifications=list(self._work.reads))
        classes = sorted({hit.classification for hit in hits}) or ["none found"]
        self._record("knowledge", knowledge_base, ", ".join(classes), "allow", len(hits))
        return hits

    def examples(self, knowledge_base: str) -> Examples:
        """Return every labelled example of a knowledge base, if the agent may read all of them."""
        examples = selectors.labelled_examples(self._organization, knowledge_base)
        for classification in examples.classifications:
            self._check("knowledge", knowledge_base, classification)
        classes = ", ".join(examples.classifications) or "none found"
        self._record("knowledge", knowledge_base, classes, "allow", len(examples.texts))
        return examples

    def embed(self, texts: Sequence[str], model: str = "minilm") -> Matrix:
        """Return one unit-length row for each text."""
        return embedding.embed(texts, model)

    def recall(self, key: str) -> Json:
        """Return what was remembered in this run under a key, if the agent may read it."""
        entry = selectors.recall(self._organization, self._work.run_id, key)
        if entry is None:
            return None
        self._check("memory", key, entry.classification)
        self._record("memory", key, entry.classification, "allow", 1)
        return entry.value

    def remember(self, key: str, value: Json, confidence: float | None = None) -> None:
        """Keep a value under a key for the other agents of this run."""
        remember(
            self._organization,
            run_id=self._work.run_id,
            key=key,
            value=value,
            writer=self._work.task.agent,
            confidence=confidence,
        )
        self._record("memory written", key, "internal", "allow", 1)

    def _check(self, kind: str, what: str, classification: str) -> None:
        if classification not in self._work.reads:
            self._record(kind, what, classification, "deny", 0)
            raise AgentFailed("data-denied", f"{self._work.task.agent} may not read {classification} data: {what}.")

    def _record(self, kind: str, what: str, classification: str, decision: str, items: int) -> None:
        work = self._work
        fields: dict[str, Any] = {"kind": kind, "what": what, "classification": classification, "items": items}
        DataAccess.objects.create(
            organization_id=work.organization_id,
            run_id=work.run_id,
            step_key=work.step_key,
            agent=work.task.agent,
            purpose=work.purpose,
            decision=decision,
            created_at=now(),
            **fields,
        )
