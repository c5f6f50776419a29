"""Rank a knowledge base for a query: words and meaning, fused by reciprocal rank, then the links of the best."""

from django.db import connection

from coordination.memory.embedding import embed
from coordination.memory.models import Classification, KnowledgeBase
from coordination.memory.passages import thoughts_of
from coordination.memory.results import Hit

MAX_QUERY = 20_000

# So many passages of each of the two are looked at closely.
CLOSELY = 600
# One statement, in the order of its parts:
#   posting   which passages have which word of the query; `spread` is in how many of them it occurs, exactly.
#   lexical   BM25 (k1 = 1.2, b = 0.75; Robertson, Zaragoza 2009) over the words of the query, each counted as often as
#             it is asked, of those passages whose words are the rarest together: how often a passage has each word
#             is read of these alone.
#   semantic  the mean over the query's sentences of exp(10 · cosine): near the best match, but a passage that answers
#             several sentences beats one that answers a single one. Every vector is compared: nothing is missed.
#   fused     1 / (60 + rank) from the 200 best of each of the two (Cormack, Clarke, Büttcher 2009), by document.
#   followed  what the five best documents link to, or share a rare code with, earns a part of their score, but never
#             passes the document that led to it.
# A passage in quarantine has no class, and so is among none that may be read.
_RANK = """
WITH asked AS (
    SELECT lexeme, cardinality(positions) AS times, (quote_literal(lexeme))::tsquery AS word
    FROM unnest(to_tsvector('english', %(query)s))
), posting AS (
    SELECT passage.id, asked.lexeme, asked.times, count(*) OVER (PARTITION BY asked.lexeme) AS spread
    FROM asked JOIN memory_passage AS passage ON passage.search @@ asked.word
    WHERE passage.knowledge_base_id = %(base)s AND passage.classification = ANY(%(classifications)s)
), weighed AS (
    SELECT id, lexeme, times * ln(1 + (%(n_passages)s::float8 - spread + 0.5) / (spread + 0.5)) AS weight FROM posting
), likely AS (
    SELECT id FROM weighed GROUP BY id ORDER BY sum(weight) DESC, id LIMIT %(closely)s
), lexical AS (
    SELECT passage.document_id, passage.id, sum(
        weighed.weight * cardinality(term.positions) * 2.2
        / (cardinality(term.positions) + 1.2 * (0.25 + 0.75 * passage.n_words / %(mean_words)s::float8))
    ) AS score
    FROM likely JOIN memory_passage AS passage ON passage.id = likely.id
    CROSS JOIN unnest(passage.search) AS term
    JOIN weighed ON weighed.id = passage.id AND weighed.lexeme = term.lexeme
    GROUP BY passage.document_id, passage.id
), semantic AS (
    SELECT passage.document_id, {nearness} AS score FROM memory_passage AS passage
    WHERE passage.knowledge_base_id = %(base)s AND passage.classification = ANY(%(classifications)s)
        AND passage.embedding IS NOT NULL
    ORDER BY score DESC LIMIT %(closely)s
), fused AS (
    SELECT document_id, sum(1.0 / (60 + place)) AS score FROM (
        SELECT document_id, rank() OVER (ORDER BY max(score) DESC) AS place FROM lexical GROUP BY document_id
        UNION ALL
        SELECT document_id, rank() OVER (ORDER BY max(score) DESC) FROM semantic GROUP BY document_id
    ) AS places WHERE place <= 200 GROUP BY document_id
), best AS (
    SELECT document.id, document.links, document.codes, fused.score
    FROM fused JOIN memory_document AS document ON document.id = fused.document_id
    ORDER BY fused.score DESC, document.key LIMIT 5
), rare AS (
    SELECT code FROM (SELECT DISTINCT unnest(codes) AS code FROM best) AS named
    JOIN memory_document AS document ON document.knowledge_base_id = %(base)s AND document.codes @> ARRAY[code]
    GROUP BY code HAVING count(*) <= 12
), followed AS (
    SELECT pair.id AS document_id, sum(pair.score) AS score, max(pair.score) AS ceiling FROM (
        SELECT best.id AS source, other.id, best.score FROM best CROSS JOIN unnest(best.links) AS link
        JOIN memory_document AS other ON other.knowledge_base_id = %(base)s AND other.key = link
        UNION
        SELECT best.id, other.id, best.score FROM best JOIN rare ON rare.code = ANY(best.codes)
        JOIN memory_document AS other
            ON other.knowledge_base_id = %(base)s AND other.codes @> ARRAY[rare.code] AND other.id <> best.id
    ) AS pair GROUP BY pair.id
), chosen AS (
    -- For a document that nothing leads to, least() is null, which greatest() passes over.
    SELECT fused.document_id, greatest(
        fused.score, least(fused.score + %(link_weight)s * followed.score, 0.999 * followed.ceiling)
    )::float8 AS score
    FROM fused LEFT JOIN followed USING (document_id)
    ORDER BY score DESC, fused.document_id LIMIT %(k)s
)
SELECT document.key, document.title, quoted.text, chosen.score, quoted.id, document.classification,
    document.id, coalesce(source.name, ''), document.place, document.taint
FROM chosen JOIN memory_document AS document ON document.id = chosen.document_id
LEFT JOIN memory_knowledgesource AS source ON source.id = document.source_id
CROSS JOIN LATERAL (
    SELECT passage.id, passage.text FROM memory_passage AS passage
    WHERE passage.document_id = chosen.document_id ORDER BY {nearness} DESC NULLS LAST, passage.position LIMIT 1
) AS quoted
ORDER BY chosen.score DESC, document.key
"""
LINK_WEIGHT = 0.15


def ranked(base: KnowledgeBase, query: str, k: int, follow_links: bool, classifications: list[str] | None) -> list[Hit]:
    """Return the best passage of each of the k best documents, best first."""
    query = query[:MAX_QUERY].replace("\x00", " ")
    thoughts = {f"thought_{at}": str(row.tolist()) for at, row in enumerate(embed(thoughts_of(query)))}
    # Written out: a sum of known vectors is several times faster than a join with them.
    near = " + ".join(f"exp(-10 * (passage.embedding <#> %({name})s::vector))" for name in thoughts)
    allowed = list(Classification.values) if classifications is None else classifications
    with connection.cursor() as cursor:
        cursor.execute(
            _RANK.replace("{nearness}", f"({near}) / {len(thoughts)}"),
            {
                "base": base.pk,
                "query": query,
                **thoughts,
                "classifications": allowed,
                "n_passages": base.n_passages,
                "mean_words": max(1.0, base.n_words / base.n_passages),
                "link_weight": LINK_WEIGHT if follow_links else 0.0,
                "closely": CLOSELY,
                "k": k,
            },
        )
        return [Hit(*row) for row in cursor.fetchall()]
