"""Check what a reply states against the written policy, by retrieval.

A promise must rest on a passage that the reply was written from, or on the policy; one that rests on nothing fails.
Documents of the policy with the label `forbidden` hold wordings that may not be used. A message about legal matters or
safety is left to a person, however good the reply.
Input: {reply, message, passages}. Config: {knowledge_base}. Output: {verdict, reasons, statements}.
"""

import re
from collections.abc import Sequence

from coordination.adapters.ports import Reach, Result, Source, Task, agent
from coordination.bundled.inputs import knowledge_base_of, sources_of, text_of
from coordination.bundled.sentences import sentences_of, without_markers
from coordination.bundled.verdict import Finding, judged

FORBIDDEN = "forbidden"
SUPPORTED = 0.6
NEAR = 0.45
SAME_WORDING = 0.85
_PROMISE = re.compile(
    r"\b(?:will|shall|going to|guarantee[ds]?|promise[ds]?|entitled|free of charge|full refund)\b|'ll\b"
    r"|\brefund(?:ed)? (?:you|your)\b"
    r"|\bwithin \d+|\bby (?:to(?:day|morrow)|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
    re.IGNORECASE,
)
_DELICATE = re.compile(
    r"\b(?:lawyer|attorney|solicitor|court|sue|suing|liable|liability|compensation|journalist|newspaper|police)\b"
    r"|\b(?:injur\w+|electric shock|caught fire|on fire|smok(?:e|es|ed|ing)|sparks?|burn(?:s|ed|t))\b"
    r"|\b(?:hospital|poison\w*)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


@agent
def check(task: Task, reach: Reach) -> Result:
    """Look for promises without grounds and for forbidden wordings."""
    name = knowledge_base_of(task)
    statements = [without_markers(sentence) for sentence in sentences_of(text_of(task, "reply"))]
    promises = [sentence for sentence in statements if _PROMISE.search(sentence)]
    policy = _policy_on(name, promises, reach)
    grounds = [source.text for source in sources_of(task)] + [source.text for source in policy]
    asked = text_of(task, "message", required=False)
    findings = [
        *_forbidden(name, statements, reach),
        *_ungrounded(promises, grounds, asked, reach),
        *_delicate(asked),
    ]
    return judged(findings, clean=0.85, sources=policy, extra={"statements": len(statements)})


def _policy_on(name: str, promises: Sequence[str], reach: Reach) -> list[Source]:
    """Return what the policy says about each promise, each passage once."""
    found = {hit.passage_id: hit for promise in promises for hit in reach.search(name, promise, 2)}
    return [Source(hit.title, hit.document_key, hit.text, hit.score) for hit in found.values()]


def _ungrounded(promises: Sequence[str], grounds: Sequence[str], asked: str, reach: Reach) -> list[Finding]:
    passages = [sentence for ground in grounds for sentence in [ground, *sentences_of(ground)]]
    if not promises:
        return []
    if not passages:
        return [Finding("fail", f"Nothing supports “{promise}”", 0.9) for promise in promises]
    rows = reach.embed([*promises, *passages])
    likeness = rows[: len(promises)] @ rows[len(promises) :].T
    findings = []
    for promise, row in zip(promises, likeness, strict=True):
        closest, similarity = passages[int(row.argmax())], float(row.max())
        invented = set(_FIGURE.findall(promise)) - set(_FIGURE.findall(f"{' '.join(grounds)} {asked}"))
        if invented:
            findings.append(
                Finding("fail", f"“{promise}” names {', '.join(sorted(invented))}, which no source does.", 0.9)
            )
        elif similarity < NEAR:
            findings.append(Finding("fail", f"Nothing supports “{promise}”", min(0.95, 1 - similarity)))
        elif similarity < SUPPORTED:
            findings.append(Finding("unsure", f"“{promise}” goes beyond “{closest[:120]}”", 0.5))
    return findings


def _forbidden(name: str, statements: Sequence[str], reach: Reach) -> list[Finding]:
    examples = reach.examples(name)
    phrases = [text for text, label in zip(examples.texts, examples.labels, strict=True) if label == FORBIDDEN]
    if not phrases or not statements:
        return []
    rows = reach.embed([*statements, *phrases])
    likeness = rows[: len(statements)] @ rows[len(statements) :].T
    findings = []
    for statement, row in zip(statements, likeness, strict=True):
        for phrase, similarity in zip(phrases, row, strict=True):
            if _plain(phrase) in _plain(statement) or similarity >= SAME_WORDING:
                findings.append(Finding("fail", f"“{statement}” uses the forbidden wording “{phrase}”.", 0.95))
    return findings


def _delicate(asked: str) -> list[Finding]:
    match = _DELICATE.search(asked)
    return [Finding("unsure", f"The message speaks of “{match[0]}”, which a person answers.", 0.8)] if match else []


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
