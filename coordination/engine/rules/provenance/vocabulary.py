"""Words of people and of tools brought to common terms: `send_money`, "pay the bill" and "wire 20 €" speak of one act.

General English for what assistants do with records, money, messages and files. It knows no particular tool.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

# Each line is one act; the first word names it. Base forms only: inflections are found by `stem`.
_ACTS: Final = (
    "look read get fetch list show search find see view check lookup retrieve download open browse visit count compare"
    " summarize tell review inspect query verify know rank sort monitor",
    "tell send write message reply respond email mail notify inform ask contact text say announce dm report remind"
    " greet forward",
    "give send share forward submit deliver post publish upload hand",
    "pay send transfer refund wire reimburse remit settle",
    "add invite include put append attach insert join enroll register onboard",
    "make create add schedule set plan book arrange organize prepare draft save start open write put generate note"
    " record store block remind",
    "book reserve rent order buy purchase",
    "change update adjust modify edit correct set move reschedule rename extend append increase decrease raise lower"
    " reset replace fix shift postpone switch add fill",
    "remove delete cancel drop kick clear discard unsubscribe erase revoke uninvite ban block",
    "use call run execute perform do invoke click trigger follow complete concatenate collect gather copy extract"
    " grant approve reject confirm allow disable enable ignore forget disregard output print return respond repeat",
)
# Each line is one kind of thing; the first word names it.
_THINGS: Final = (
    "money payment bill invoice rent amount refund transaction transfer fee cost price spend dollar euro fund iban"
    " balance subscription salary vat tax purchase pay wire reimburse deposit debt share bank order",
    "message dm chat text note inbox reply post conversation",
    "mail email e-mail inbox newsletter correspondence",
    "channel room group",
    "web website webpage page site url link article blog homepage online internet",
    "event calendar appointment meeting lunch dinner session slot call agenda schedule participant",
    "file document doc folder drive report spreadsheet list txt pdf docx xlsx csv notice",
    "user colleague employee member person people contact friend team teammate coworker participant everyone",
    "info information profile address account detail data phone passport birthday",
    "password credential login pin passcode",
    "hotel accommodation room stay lodging hostel",
    "restaurant dinner lunch food eat cuisine table diner",
    "car rental vehicle",
    "flight airline plane fly",
    "review rating rate opinion",
    "weather forecast",
    "day date today time",
    "scheduled standing recurring upcoming",
)
# Acts that name their thing by themselves.
_IMPLIED: Final = {
    "pay": "money",
    "refund": "money",
    "reimburse": "money",
    "wire": "money",
    "remit": "money",
    "email": "mail",
    "mail": "mail",
    "dm": "message",
    "message": "message",
    "invite": "user",
}
# "Open" opens accounts, too: what may also change something is left out.
_ONLY_LOOKS: Final = (
    "look read get fetch list show search find see view check lookup retrieve browse visit count inspect query"
)
LOOKING: Final = frozenset(_ONLY_LOOKS.split())
ACT_WORDS: Final = frozenset(word for line in _ACTS for word in line.split())
_WORD = re.compile(r"[a-z0-9]+(?:[-'][a-z0-9]+)*")
_NAME_WORD = re.compile(r"[a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IRREGULAR: Final = {
    "sent": "send", "paid": "pay", "told": "tell", "wrote": "write", "written": "write", "made": "make",
    "bought": "buy", "spent": "spend", "found": "find", "got": "get", "gave": "give", "given": "give", "said": "say",
    "put": "put", "dms": "dm", "people": "people", "address": "address", "news": "news", "e-mail": "email",
    "e-mails": "email", "emails": "email", "mails": "mail",
}  # fmt: skip
_SPELLING: Final = {"summarise": "summarize", "organise": "organize", "enrol": "enroll", "cancell": "cancel"}


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """Return a word without its English inflection, near enough to compare words of one family."""
    word = word.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + instead
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            word = _base(word[: -len(ending)])
            break
    return _SPELLING.get(word, word)


def stems_of(text: str) -> list[str]:
    """Return the words of a text, in small letters and without inflection."""
    return [stem(word) for word in _WORD.findall(text.lower())]


def stems_of_name(tool: str) -> list[str]:
    """Return the words of a tool's name, however they are put together, its verb first where one stands in it."""
    stems = [stem(word) for word in _NAME_WORD.findall(_CAMEL.sub(" ", tool).lower())]
    verbs = [at for at, word in enumerate(stems) if word in _ACTS_OF]
    # "Mail" in `mail.search` is the thing.
    at = next((at for at in verbs if stems[at] not in _THINGS_OF), verbs[0] if verbs else 0)
    return [*stems[at : at + 1], *stems[:at], *stems[at + 1 :]]


def acts_in(stems: Iterable[str]) -> frozenset[str]:
    """Return the acts that these words may stand for."""
    return frozenset(act for word in stems for act in _ACTS_OF.get(word, ()))


def things_in(stems: Iterable[str]) -> frozenset[str]:
    """Return the kinds of things that these words may stand for; a word of no known kind is a kind of its own."""
    return frozenset(thing for word in stems for thing in _THINGS_OF.get(word, (word,)))


def _base(word: str) -> str:
    """Return "plan" for "plann" and "schedule" for "schedul": what is left of a word when its ending is gone."""
    if word in ACT_WORDS:
        return word
    if word + "e" in ACT_WORDS:
        return word + "e"
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word


def _index(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        name, *others = line.split()
        for word in (name, *others):
            found.setdefault(stem(word), []).append(name)
    return {word: tuple(names) for word, names in found.items()}


_ACTS_OF: Final = _index(_ACTS)
_THINGS_OF: Final = {
    word: (*things, *((_IMPLIED[word],) if word in _IMPLIED and _IMPLIED[word] not in things else ()))
    for word, things in {**dict.fromkeys(_IMPLIED, ()), **_index(_THINGS)}.items()
}
