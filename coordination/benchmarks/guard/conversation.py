"""What people said before a call: did they agree, to what, and which reasons did they give?"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from coordination.benchmarks.guard.events import Event, said_by

_YES: Final = re.compile(
    r"\b(?:yes|yep|yeah|yup|sure|correct|confirm(?:ed)?|absolutely|definitely|ok(?:ay)?|go ahead|proceed|do it|"
    r"(?:sounds|looks|that's|is) (?:good|great|fine|perfect|right|correct)|works for me|that works|"
    r"let'?s (?:do|go|book|proceed|make)|please (?:do|book|cancel|change|make|update|upgrade|use|issue|send))\b",
    re.IGNORECASE,
)
_NO: Final = re.compile(
    r"^\s*no\b|\b(?:don'?t|do not|not yet|wait|hold on|instead|before (?:you|we|i)|rather not|actually|but first|"
    r"not sure|unless)\b",
    re.IGNORECASE,
)
_CARD: Final = re.compile(
    r"\bending (?:in|with)\s*\**(\d{4})\b|\blast four(?: digits)?(?: are| is)?\s*\**(\d{4})\b", re.IGNORECASE
)
_CLAIMS: Final = {
    "health": r"\b(?:sick|ill|illness|unwell|health|hospital|medical|doctor|surgery|injur\w+|not feeling well|flu|"
    r"fever|passed away|death)\b",
    "weather": r"\b(?:weather|storm|hurricane|snow\w*|flood\w*|tornado|typhoon)\b",
    "airline_cancelled": r"\b(?:airline|you|they|flight (?:was|got|has been|is)|been) (?:\w+ ){0,3}cancel+ed\b",
    "delayed": r"\bdelay(?:ed|s)?\b",
    "compensation": r"\b(?:compensat\w+|voucher|certificate|refund|make (?:it )?up|gesture|credit)\b",
}
_CLAIM_PATTERNS: Final = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _CLAIMS.items()}


def is_confirmed(before: Sequence[Event]) -> bool:
    """Tell whether the user's last message agrees, without a no or a new wish in it."""
    said = said_by("user", before)
    return bool(said) and bool(_YES.search(said[-1])) and not _NO.search(said[-1])


def was_listed(tool: str, args: Mapping[str, Any], before: Sequence[Event]) -> bool:
    """Tell whether the assistant told the user what it is about to do: every flight, or else the reservation."""
    told = "\n".join(said_by("assistant", before)).lower()
    flights = args.get("flights")
    names = [str(one.get("flight_number")) for one in flights] if isinstance(flights, list) else []
    if not names and "reservation_id" in args:
        names = [str(args["reservation_id"])]
    return all(name.lower() in told for name in names)


def named_cards(before: Sequence[Event]) -> set[str]:
    """Return the last digits of the cards that the user named in the latest message that names any."""
    for said in reversed(said_by("user", before)):
        found = {one or other for one, other in _CARD.findall(said)}
        if found:
            return found
    return set()


def claims_of(before: Sequence[Event]) -> list[str]:
    """Return which reasons and complaints the user's messages contain."""
    said = "\n".join(said_by("user", before))
    return [name for name, pattern in _CLAIM_PATTERNS.items() if pattern.search(said)]
