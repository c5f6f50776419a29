"""What a working agent may reach: each read and write is checked by limits and policies, and leaves an access."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Unpack

from coordination.accounts.models import Organization
from coordination.adapters.ports import About, AgentFailed, Examples, Hit, Matrix, Turn
from coordination.engine.rules.hooks import DATA_ACCESS, MEMORY_READ, MEMORY_WRITE
from coordination.memory import embedding, selectors
from coordination.memory.models import MemoryEntry, Namespace, UseKind
from coordination.memory.services import Used, note_uses, remember
from coordination.policies.services import Decision
from coordination.runs.access import AccessGuard
from coordination.runs.corresponding import Correspondence
from coordination.runs.models import DataAccess
from coordination.runs.recalling import highest, spent_to, steps_before, turn_of
from coordination.runs.work import AgentWork
from coordination.shared.clock import now
from coordination.shared.ids import new_id
from coordination.shared.json import Json

_MOST_TURNS = 200


class GuardedReach:
    """The reach of one agent for one attempt."""

    def __init__(self, work: AgentWork) -> None:
        self._work = work
        self._organization = Organization(pk=work.organization_id)
        self._guard = AccessGuard(work)
        self.letters = Correspondence(work, self._guard)
        # The classes of what this attempt has read: what it writes down is not for others than those who may read them.
        self._read: set[str] = set()

    @property
    def stopping(self) -> bool:
        """Say no: only the thread that does the work can be told to stop, and it asks its own call."""
        return False

    def search(self, knowledge_base: str, query: str, k: int = 5) -> list[Hit]:
        """Return the best passages that the agent may read."""
        base = selectors.knowledge_base_named(self._organization, knowledge_base)
        if not self._is_reader(base.agent_roles):
            self._record("knowledge", knowledge_base, "none found", "deny", 0)
            return []
        hits = selectors.search_in(base, query, k=k, classifications=list(self._work.reads))
        # Passages of one class stand or fall together; a search that finds nothing is one too.
        passed: list[Hit] = []
        for classification in sorted({hit.classification for hit in hits}) or [""]:
            passed += self._passed(knowledge_base, classification, query, hits)
        passed.sort(key=lambda hit: -hit.score)
        classes = sorted({hit.classification for hit in passed}) or ["none found"]
        self._record("knowledge", knowledge_base, ", ".join(classes), "allow", len(passed))
        self._used(
            [Used(UseKind.DOCUMENT, one.document_id, one.citation, 0, one.taint) for one in passed if one.document_id],
            {hit.classification for hit in passed},
        )
        return passed

    def examples(self, knowledge_base: str) -> Examples:
        """Return every labelled example of a knowledge base, if the agent may read all of them."""
        base = selectors.knowledge_base_named(self._organization, knowledge_base)
        if not self._is_reader(base.agent_roles):
            self._record("knowledge", knowledge_base, "none found", "deny", 0)
            raise AgentFailed("data-denied", f"{knowledge_base} is not for the role of {self._work.task.agent}.")
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
        used = Used(UseKind.EXAMPLES, base.pk, knowledge_base, base.revision, examples.taint)
        self._used([used], set(examples.classifications))
        return examples

    def embed(self, texts: Sequence[str], model: str = "minilm") -> Matrix:
        """Return one unit-length row for each text."""
        return embedding.embed(texts, model)

    def recall(self, key: str, namespace: str = "run") -> Json:
        """Return what is remembered under a key, if the agent may read it."""
        entry = selectors.recall(self._organization, key=key, **self._place(namespace))
        if entry is None:
            return None
        self._check("memory", key, entry.classification)
        about = _about_memory(key, entry.classification, entry.writer)
        value = self._kept_of(MEMORY_READ, about, entry.value)
        self._record("memory", key, entry.classification, "allow", 1)
        self._used([_use_of(entry)], {entry.classification})
        return value

    def remember(
        self, key: str, value: Json, confidence: float | None = None, *, namespace: str = "run", **about: Unpack[About]
    ) -> int:
        """Keep a value under a key, for the run, for the agent or for all, and return its version."""
        return self._write(key, value, confidence, about, **self._place(namespace)).version

    def history(self, tokens: int = 1_000) -> list[Turn]:
        """Return what the steps before this one came to, as far as the agent may read what they rest on."""
        work = self._work
        found = steps_before(work.run_id, work.step_key, work.reads)
        return self._told("history", "run", spent_to(tokens, found.turns), found.classification)

    def conversation(self, name: str, tokens: int = 1_000) -> list[Turn]:
        """Return the newest turns of a conversation that the agent may read and that fit, the oldest first."""
        entries = selectors.conversation(self._organization, _scope(name), _MOST_TURNS)
        readable = [entry for entry in entries if entry.classification in self._work.reads]
        turns = spent_to(tokens, [turn_of(entry) for entry in readable])
        given = readable[: len(turns)]
        told = self._told(name, "conversation", turns, highest({entry.classification for entry in given}))
        self._used([_use_of(entry) for entry in given], {entry.classification for entry in given})
        return told

    def say(self, conversation: str, text: str, author: str = "") -> None:
        """Add a turn to a conversation, which outlives the run."""
        turn: Json = {"author": author or self._work.task.agent, "text": text}
        # Identifiers are ordered by time, and so are the turns.
        self._write(new_id().hex, turn, about={"classification": "customer"}, scope=_scope(conversation))

    def _write(
        self, key: str, value: Json, confidence: float | None = None, about: About | None = None, **place: Any
    ) -> MemoryEntry:
        """Write down what policies let through, as high as what was read, as tainted as the run."""
        work, said = self._work, about or {}
        classification = highest({said.get("classification", "internal"), *self._read})
        asked = _about_memory(key, classification, work.task.agent)
        value = self._kept_of(MEMORY_WRITE, asked, value, confidence)
        tainted = selectors.tainted_reads(work.run_id)
        entry = remember(
            self._organization,
            key=key,
            value=value,
            writer=work.task.agent,
            written_in=work.run_id,
            confidence=confidence,
            source=said.get("source", ""),
            classification=classification,
            taint=tainted[0][1] if tainted else "",
            expires_at=now() + timedelta(seconds=said["ttl_s"]) if said.get("ttl_s") else None,
            expected_version=said.get("expected_version"),
            **place,
        )
        self._record("memory written", key, classification, "allow", 1)
        return entry

    def _place(self, namespace: str) -> dict[str, Any]:
        """Return where a namespace is kept; raises AgentFailed for one that there is not."""
        if namespace not in Namespace.values:
            known = ", ".join(Namespace.values)
            raise AgentFailed("namespace-unknown", f"There is no namespace {namespace}; there are {known}.")
        return {
            "run_id": self._work.run_id if namespace == Namespace.RUN else None,
            "agent": self._work.task.agent if namespace == Namespace.AGENT else "",
        }

    def _told(self, key: str, writer: str, turns: list[Turn], classification: str) -> list[Turn]:
        """Return the turns that policies let through, without what rules take out, the oldest first."""
        about = _about_memory(key, classification, writer)
        texts: Json = [turn.text for turn in turns]
        left = self._kept_of(MEMORY_READ, about, texts)
        self._record("memory", key, classification, "allow", len(turns))
        self._read.add(classification)
        said = left if isinstance(left, list) else []
        return [replace(turn, text=str(text)) for turn, text in zip(turns, said, strict=False)][::-1]

    def _is_reader(self, roles: Sequence[str]) -> bool:
        return not roles or self._guard.role in roles

    def _used(self, used: Sequence[Used], classes: set[str]) -> None:
        self._read |= classes
        if used:
            work = self._work
            note_uses(work.organization_id, work.run_id, work.step_key, work.task.agent, used)

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


def _scope(conversation: str) -> str:
    return f"conversation:{conversation}"


def _use_of(entry: MemoryEntry) -> Used:
    return Used(UseKind.MEMORY, entry.pk, entry.key, entry.version, entry.taint)


def _about_data(kind: str, name: str, classification: str) -> dict[str, Any]:
    said = {"kind": kind, "name": name, "classification": classification}
    return {f"data.{part}": value for part, value in said.items()} | _about_resource("knowledge", name, classification)


def _about_memory(key: str, classification: str, writer: str) -> dict[str, Any]:
    said = {"key": key, "classification": classification, "writer": writer}
    return {f"memory.{part}": value for part, value in said.items()} | _about_resource("memory", key, classification)


def _about_resource(kind: str, name: str, classification: str) -> dict[str, Any]:
    return {"resource.kind": kind, "resource.name": name, "resource.classification": classification}
