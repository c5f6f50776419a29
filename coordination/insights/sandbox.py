"""What an agent reaches while it is probed: knowledge it may read, and nothing that anybody else would see."""

from collections.abc import Sequence

from coordination.accounts.models import Organization
from coordination.adapters.ports import AgentFailed, Examples, Hit, Letters, Matrix, Turn
from coordination.agents.models import Agent
from coordination.engine.rules.hooks import DATA_ACCESS
from coordination.memory import embedding, selectors
from coordination.memory.models import KnowledgeBase
from coordination.policies.services import has_rules_for
from coordination.runs.guard import Occasion, agent_facts, judge
from coordination.shared.json import Json


class SandboxReach:
    """The reach of an agent that is probed: it reads what it may read, remembers nothing and calls no tool."""

    def __init__(self, organization: Organization, agent: Agent, subject: str) -> None:
        self._organization, self._agent, self._subject = organization, agent, subject

    @property
    def stopping(self) -> bool:
        """Say no: nobody calls it off in the middle of a call."""
        return False

    @property
    def letters(self) -> Letters:
        """Refuse: there is nobody else to write to."""
        raise AgentFailed("sandbox", "Nobody else works on what is only tried out.")

    def search(self, knowledge_base: str, query: str, k: int = 5) -> list[Hit]:
        """Return the best passages that the agent may read."""
        base = selectors.knowledge_base_named(self._organization, knowledge_base)
        if not self._is_reader(base):
            return []
        hits = selectors.search_in(base, query, k=k, classifications=self._agent.limits.get("reads", []))
        allowed = {level for level in {hit.classification for hit in hits} if self._may(knowledge_base, level)}
        return [hit for hit in hits if hit.classification in allowed]

    def examples(self, knowledge_base: str) -> Examples:
        """Return every labelled example of a knowledge base, if the agent may read all of them."""
        if not self._is_reader(selectors.knowledge_base_named(self._organization, knowledge_base)):
            raise AgentFailed("data-denied", f"{knowledge_base} is not for the role of {self._agent.name}.")
        found = selectors.labelled_examples(self._organization, knowledge_base)
        for level in found.classifications:
            if level not in self._agent.limits.get("reads", []) or not self._may(knowledge_base, level):
                raise AgentFailed("data-denied", f"{self._agent.name} may not read {level} data: {knowledge_base}.")
        return found

    def embed(self, texts: Sequence[str], model: str = "minilm") -> Matrix:
        """Return one unit-length row for each text."""
        return embedding.embed(texts, model)

    def recall(self, key: str, namespace: str = "run") -> Json:  # noqa: ARG002  (what an agent calls)
        """Return nothing: a probe has no run."""
        return None

    def remember(self, *_given: object, **_about: object) -> int:
        """Keep nothing."""
        return 1

    def history(self, tokens: int = 1_000) -> list[Turn]:  # noqa: ARG002  (what an agent calls)
        """Return nothing: no step comes before a probe."""
        return []

    def conversation(self, name: str, tokens: int = 1_000) -> list[Turn]:  # noqa: ARG002  (what an agent calls)
        """Return nothing: a probe talks to nobody."""
        return []

    def say(self, conversation: str, text: str, author: str = "") -> None:
        """Keep nothing."""

    def _is_reader(self, base: KnowledgeBase) -> bool:
        return not base.agent_roles or self._agent.role_name in base.agent_roles

    def _may(self, knowledge_base: str, classification: str) -> bool:
        if not has_rules_for(self._organization.pk, DATA_ACCESS):
            return True
        about = {
            "hook": DATA_ACCESS,
            "step.kind": "agent",
            "data.kind": "knowledge",
            "data.name": knowledge_base,
            "data.classification": classification,
            **agent_facts(self._agent),
        }
        decision = judge(Occasion(self._organization, self._subject), about)
        # What rules would take out of a text cannot be compared: it is not read at all.
        return decision.outcome == "allow" and not decision.redactions
