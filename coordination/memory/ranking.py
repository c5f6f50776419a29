"""Rank a knowledge base for a query: words and meaning, fused by reciprocal rank, then the links of the best."""

from django.db import connection

from coordination.memory.embedding import embed
from coordination.memory.models import Classification, KnowledgeBase
from coordination.memory.passages import thoughts_of
from coordination.memory.results import Hit

MAX_QUERY = 20_000

# One statement, in the order of its parts:
#   lexical   BM25 (k1 = 1.2, b = 0.75; Robertson, Zaragoza 2009) over the words of the query, each counted as often
#             as it is asked. `spread` is in how many passages a word occurs: exact, as each of them matches the query.
#   semantic  the mean over the query's sentences of exp(10 · cosine): near the best match, but a passage that answers
#             several sentences beats one that answers a single one.
#   fused     1 / (60 + rank) from the 200 best of each of the two (Cormack, Clarke, Büttcher 2009), by document.
#   followed  what the five best documents link to, or share a rare code with, earns a part of their score, but never
#             passes the document that led to it.
_RANK = """
WITH asked AS (
    SELECT lexeme, cardinality(positions) AS times FROM unnest(to_tsvector('english', %(query)s))
), readable AS NOT MATERIALIZED (
    SELECT passage.id, passage.document_id, passage.search, passage.n_words, passage.embedding
    FROM memory_passage AS passage JOIN memory_document AS document ON document.id = passage.document_id
    WHERE passage.knowledge_base_id = %(base)s AND document.classification = ANY(%(classifications)s)
), posting AS (
    SELECT readable.document_id, readable.id, readable.n_words, asked.times, cardinality(term.positions) AS n,
        count(*) OVER (PARTITION BY term.lexeme) AS spread
    FROM readable CROSS JOIN unnest(readable.search) AS term JOIN asked ON asked.lexeme = term.lexeme
    WHERE readable.search @@ replace(plainto_tsquery('english', %(query)s)::text, '&', '|')::tsquery
), lexical AS (
    SELECT document_id, id, sum(
        times * ln(1 + (%(n_passages)s::float8 - spread + 0.5) / (spread + 0.5))
        * n * 2.2 / (n + 1.2 * (0.25 + 0.75 * n_words / %(mean_words)s::float8))
    ) AS score
    FROM posting GROUP BY document_id, id
), semantic AS MATERIALIZED (
    SELECT document_id, id, avg(exp(-10 * (embedding <#> thought))) AS score
    FROM readable CROSS JOIN unnest(%(thoughts)s::vector[]) AS thought
    WHERE embedding IS NOT NULL GROUP BY document_id, id
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
SELECT document.key, document.title, quoted.text, chosen.score, quoted.id, document.classification
FROM chosen JOIN memory_document AS document ON document.id = chosen.document_id
CROSS JOIN LATERAL (
    SELECT passage.id, passage.text FROM memory_passage AS passage LEFT JOIN semantic ON semantic.id = passage.id
    WHERE passage.document_id = chosen.document_id ORDER BY semantic.score DESC NULLS LAST, passage.position LIMIT 1
) AS quoted
ORDER BY chosen.score DESC, document.key
"""
LINK_WEIGHT = 0.15


def ranked(base: KnowledgeBase, query: str, k: int, follow_links: bool, classifications: list[str] | None) -> list[Hit]:
    """Return the best passage of each of the k best documents, best first."""
    query = query[:MAX_QUERY].replace("\x00", " ")
    thoughts = [str(vector.tolist()) for vector in embed(thoughts_of(query))]
    allowed = list(Classification.values) if classifications is None else classifications
    with connection.cursor() as cursor:
        cursor.execute(
            _RANK,
            {
                "base": base.pk,
                "query": query,
                "thoughts": thoughts,
                "classifications": allowed,
                "n_passages": base.n_passages,
                "mean_words": max(1.0, base.n_words / base.n_passages),
                "link_weight": LINK_WEIGHT if follow_links else 0.0,
                "k": k,
            },
        )
        return [Hit(*row) for row in cursor.fetchall()]
