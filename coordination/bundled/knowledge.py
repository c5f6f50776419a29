"""Find the passages of a knowledge base that answer a question.

Input: {query, intent}; what is known about the intent helps. Config: {knowledge_base, k}.
Output: {passages: [{key, title, text, score}]}.
"""

from coordination.adapters.ports import Reach, Result, Source, Task, agent
from coordination.bundled.inputs import knowledge_base_of, setting, spoken, text_of

N_HITS = 5


@agent
def search(task: Task, reach: Reach) -> Result:
    """Return the best passages, best first; none is an answer too."""
    query = f"{spoken(text_of(task, 'intent', required=False))}{text_of(task, 'query')}"
    hits = reach.search(knowledge_base_of(task), query, setting(task, "k", N_HITS))
    titles = ", ".join(hit.title or hit.document_key for hit in hits)
    return Result(
        output={
            "passages": [
                {"key": hit.document_key, "title": hit.title, "text": hit.text, "score": round(hit.score, 5)}
                for hit in hits
            ]
        },
        rationale=f"Found {titles}." if hits else "Nothing in the knowledge base fits.",
        sources=tuple(Source(hit.title or hit.document_key, hit.document_key, hit.text, hit.score) for hit in hits),
    )
