"""What a working agent may reach: each read and write is checked by limits and policies, and leaves an access."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from coordination.accounts.models import Organization
from coordination.adapters.ports import AgentFailed, Examples, Hit, Matrix
from coordination.engine.rules.hooks import DATA_ACCESS, MEMORY_READ, MEMORY_WRITE
from coordination.memory import embedding, selectors
from coordination.memory.services import remember
from coordination.policies.services import Decision
from coordination.runs.access import AccessGuard
from coordination.runs.models import DataAccess
from coordination.runs.work import AgentWork
from coordination.shared.clock import now
from coordination.shared.json import Json


class GuardedReach:
    """The reach of one agent for one attempt."""

    def __init__(self, work: AgentWork) -> None:
        self._work = work
        self._organization = Organization(pk=work.organization_id)
        self._guard = AccessGuard(work)

    @property
    def stopping(self) -> bool:
        """Say no: only the thread that does the work can be told to stop, and it asks its own call."""
        return False

    def search(self, knowledge_base: str, query: str, k: int = 5) -> list[Hit]:
        """Return the best passages that the agent may read."""
        hits = selectors.search(self._organization, knowledge_base, query, k=k, classifications=list(self._work.reads))
        # Passages of one class stand or fall together; a search that finds nothing is one too.
        passed: list[Hit] = []
        for classification in sorted({hit.classification for hit in hits}) or [""]:
            passed += self._passed(knowledge_base, classification, query, hits)
        passed.sort(key=lambda hit: -hit.score)
        classes = sorted({hit.classification for hit in passed}) or ["none found"]
        self._record("knowledge", knowledge_base, ", ".join(classes), "allow", len(passed))
        return passed

    def examples(self, knowledge_base: str) -> Examples:
        """Return every labelled example of a knowledge base, if the agent may read all of them."""
        examples = selectors.labelled_examples(self._organization, knowledge_base)
        for classification in examples.classifications:
            self._check("knowledge", knowledge_base, classification)
            about = _about_data("examples", knowledge_base, classification)
            decision = self._guard.ask(DATA_ACCESS, about)
            # There are thousands of them, learned from as they are: taking something out is not possible.
            if decision is not None and (decision.outcome != "allow" or decision.redactions):
                self._refuse(decision, "knowledge", knowledge_base, classification)
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
        about = _about_memory(key, entry.classification, entry.writer)
        value = self._kept_of(MEMORY_READ, about, entry.value)
        self._record("memory", key, entry.classification, "allow", 1)
        return value

    def remember(self, key: str, value: Json, confidence: float | None = None) -> None:
        """Keep a value under a key for the other agents of this run."""
        about = _about_memory(key, "internal", self._work.task.agent)
        value = self._kept_of(MEMORY_WRITE, about, value, confidence)
        remember(
            self._organization,
            run_id=self._work.run_id,
            key=key,
            value=value,
            writer=self._work.task.agent,
            confidence=confidence,
        )
        self._record("memory written", key, "internal", "allow", 1)

    def _passed(self, knowledge_base: str, classification: str, query: str, hits: list[Hit]) -> list[Hit]:
        """Return the hits of one class that policies let through, without what rules take out of them."""
        found = [hit for hit in hits if hit.classification == classification]
        about = {**_about_data("knowledge", knowledge_base, classification), "data.query": query}
        decision = self._guard.ask(DATA_ACCESS, about, {"data.texts": lambda: [hit.text for hit in found]})
        if decision is None:
            return found
        if decision.outcome != "allow":
            self._record("knowledge", knowledge_base, classification or "none found", "deny", 0)
            return []
        return (
            [replace(hit, text=text) for hit, text in zip(found, decision.content, strict=True)]
            if (decision.places)
            else found
        )

    def _kept_of(self, hook: str, about: dict[str, Any], value: Json, confidence: float | None = None) -> Json:
        """Return what may be read or written of a value; raises AgentFailed if nothing may."""
        decision = self._guard.ask(hook, about, {"memory.value": lambda: value}, confidence)
        if decision is None:
            return value
        if decision.outcome != "allow":
            kind = "memory" if hook == MEMORY_READ else "memory written"
            self._refuse(decision, kind, about["memory.key"], about["memory.classification"])
        left: Json = decision.content if decision.places else value
        return left

    def _check(self, kind: str, what: str, classification: str) -> None:
        if classification not in self._work.reads:
            self._record(kind, what, classification, "deny", 0)
            raise AgentFailed("data-denied", f"{self._work.task.agent} may not read {classification} data: {what}.")

    def _refuse(self, decision: Decision, kind: str, what: str, classification: str) -> None:
        self._record(kind, what, classification, "deny", 0)
        said = " ".join(reason.message_to_agent for reason in decision.reasons)
        raise AgentFailed("policy-denied", said or "Policy does not allow this.")

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


def _about_data(kind: str, name: str, classification: str) -> dict[str, Any]:
    said = {"kind": kind, "name": name, "classification": classification}
    return {f"data.{part}": value for part, value in said.items()} | _about_resource("knowledge", name, classification)


def _about_memory(key: str, classification: str, writer: str) -> dict[str, Any]:
    said = {"key": key, "classification": classification, "writer": writer}
    return {f"memory.{part}": value for part, value in said.items()} | _about_resource("memory", key, classification)


def _about_resource(kind: str, name: str, classification: str) -> dict[str, Any]:
    return {"resource.kind": kind, "resource.name": name, "resource.classification": classification}
