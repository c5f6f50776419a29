"""Find sentences that speak to an agent instead of telling something: a document is data, and gives no orders.

Wordings can be avoided, so this only decides what a person looks at first. What keeps orders in documents from being
followed is that everything read from outside is tainted, and that policies know it.
"""

import re
import unicodedata

LONGEST = 160
_WHAT = r"(?:instruction|prompt|rule|guideline|direction|order|polic|message|context|safety)\w*"
_WHOM = r"(?:user|customer|human|person|anyone|operator|reviewer)"
_ACTS = r"(?:send|transfer|approve|delete|execute|call|forward|refund|pay|grant)"
_ORDERS = re.compile(
    r"|".join(
        (
            r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}"
            rf"\b(?:previous|prior|above|earlier|all|any|your|these)\b[^.\n]{{0,30}}\b{_WHAT}",
            r"\byou are (?:now|no longer) (?:an?|the|in|bound)\b",
            r"\b(?:system|developer) (?:prompt|message)\b",
            r"\bnew (?:system )?instructions?\s*:",
            rf"\b(?:do not|don't|never) (?:tell|inform|alert|mention this to|reveal it to)\b[^.\n]{{0,30}}{_WHOM}",
            rf"\b(?:reveal|print|repeat|output|show)\b[^.\n]{{0,20}}\byour\b[^.\n]{{0,20}}\b{_WHAT}",
            r"\b(?:ai|language model|assistant|agent)s?\b[^.\n]{0,30}"
            rf"\b(?:must|should|shall|have to|need to)\b[^.\n]{{0,40}}\b{_ACTS}",
            r"<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?INST\]|<<SYS>>",
            r"^\s*#{2,}\s*(?:system|instruction)s?\s*:?\s*$",
        )
    ),
    re.IGNORECASE | re.MULTILINE,
)
# Characters that no reader sees and a model may: tags (U+E0000 …) spell whole hidden sentences.
_TAGS = range(0xE0000, 0xE0080)
_MOST_UNSEEN = 8


def order_in(text: str) -> str:
    """Return the first sentence of a text that reads like an order to an agent, or nothing."""
    if any(ord(char) in _TAGS for char in text):
        return "letters that nobody sees (Unicode tags)"
    if sum(unicodedata.category(char) == "Cf" for char in text) > _MOST_UNSEEN + len(text) // 100:
        return "many characters that nobody sees"
    found = _ORDERS.search(text)
    if found is None:
        return ""
    begin = max(text.rfind(mark, 0, found.start()) for mark in (". ", "\n", "! ", "? ")) + 1
    return " ".join(text[begin : found.end() + LONGEST].split())[:LONGEST]
