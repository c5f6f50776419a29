"""Where did the values of a call come from: from what the person asked, from a tool's result, or from neither?"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from coordination.engine.rules.provenance.instructions import is_instruction, sentences_in
from coordination.engine.rules.provenance.pieces import LONG_NUMBER, Pieces, leaves_of, pieces_of, text_of
from coordination.engine.rules.provenance.task_tools import (
    is_asked_to_look,
    looks_only,
    names_tool,
    things_of,
    tools_for,
)
from coordination.engine.rules.provenance.vocabulary import acts_in, stems_of, stems_of_name, things_in

_SHORT_PHRASE: Final = 6
_RUN: Final = 5
_MAX_RUNS: Final = 400


@dataclass(frozen=True, slots=True)
class Source:
    """An earlier call of the same task, and what came back."""

    tool: str
    args: Mapping[str, Any]
    result: Any


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the values of one call came from; each is a list of the names of arguments."""

    untrusted: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    dictated: tuple[str, ...] = ()
    instructed: bool = False
    sidetracked: bool = False

    def as_facts(self) -> dict[str, Any]:
        """Return what rules may ask about."""
        return {
            "provenance.untrusted": list(self.untrusted),
            "provenance.unexplained": list(self.unexplained),
            "provenance.dictated": list(self.dictated),
            "provenance.instructed": self.instructed,
            "provenance.sidetracked": self.sidetracked,
        }


@dataclass(frozen=True, slots=True)
class _Part:
    """One telling part of a value, and whether it can hardly be the same by chance."""

    piece: str = ""
    number: str = ""
    phrase: tuple[str, ...] = ()

    @property
    def is_specific(self) -> bool:
        # A day and an hour are often spoken of, and whoever forwards a text repeats its sentences.
        return bool(self.piece) and not self.piece.startswith(("date:", "time:"))

    def stands_in(self, text: Pieces) -> bool:
        if self.piece:
            return text.has_specific(self.piece)
        if self.number:
            return text.has_number(self.number)
        return text.has_phrase(self.phrase)


@dataclass(frozen=True, slots=True)
class _Told:
    """What tools' results say: instructions, those of them that speak of this kind of call, and everything else."""

    orders: tuple[Pieces, ...]
    about_this: tuple[Pieces, ...]
    rest: tuple[str, ...]

    @classmethod
    def of(cls, sources: Iterable[Source], tool: str) -> Self:
        orders, about_this, rest = [], [], []
        for sentence in (one for source in sources for one in sentences_in(_as_text(source.result))):
            if not is_instruction(sentence):
                rest.append(sentence)
                continue
            orders.append(pieces_of(sentence))
            if _speaks_of(sentence, tool):
                about_this.append(orders[-1])
        return cls(tuple(orders), tuple(about_this), tuple(rest))

    def dictates(self, part: _Part) -> bool:
        """Tell whether a part stands in an instruction; what may be chance, only if nothing else explains it."""
        if part.is_specific:
            return any(part.stands_in(order) for order in self.orders)
        if not any(part.stands_in(order) for order in self.about_this):
            return False
        return len(part.phrase) > 1 or not any(part.stands_in(pieces_of(text)) for text in self.rest)

    def dictates_all(self, tool: str, parts: Sequence[_Part]) -> bool:
        """Tell whether one instruction names the act and every value of the call that the person did not give."""
        acts = acts_in(stems_of_name(tool)[:1])
        return bool(parts) and any(
            acts & acts_in(stems_of(" ".join(order.words))) and all(part.stands_in(order) for part in parts)
            for order in self.about_this
        )


def provenance_of(tool: str, args: Mapping[str, Any], prompt: str, sources: Sequence[Source]) -> Provenance:
    """Return where each argument came from, and whether somebody other than the person dictated the call."""
    asked = pieces_of(prompt)
    results = [pieces_of(text_of(_read(source.result))) for source in sources]
    told = _Told.of(sources, tool)
    foreign = {
        name: parts
        for name, value in args.items()
        if (parts := [part for part in _parts_of(value) if not _is_asked(part, asked)])
    }
    is_foreign = len(foreign) == len(args) and not looks_only(tool)
    everything = is_foreign and told.dictates_all(tool, [one for parts in foreign.values() for one in parts])
    untrusted, unexplained, dictated = [], [], []
    for name, parts in foreign.items():
        if any(part.stands_in(text) for part in parts for text in results):
            untrusted.append(name)
        elif len(parts) == len(list(_parts_of(args[name]))):
            unexplained.append(name)
        if everything or any(told.dictates(part) for part in parts):
            dictated.append(name)
    return Provenance(
        untrusted=tuple(untrusted),
        unexplained=tuple(unexplained),
        dictated=tuple(dictated),
        instructed=_is_instructed(tool, prompt, told),
        sidetracked=bool(told.orders) and _is_repeated(tool, args, sources),
    )


def _is_instructed(tool: str, prompt: str, told: _Told) -> bool:
    """Tell whether some instruction asks for this kind of call, and the person's words do not."""
    if told.about_this and not tools_for(prompt, [tool]):
        return True
    # The person's words may ask for something near: then only an instruction that says the tool's own words counts.
    return (
        looks_only(tool)
        and not is_asked_to_look(prompt, tool)
        and any(names_tool(" ".join(order.words), tool) for order in told.orders)
    )


def _is_repeated(tool: str, args: Mapping[str, Any], sources: Sequence[Source]) -> bool:
    """Tell whether this look was already taken, and nothing was changed since."""
    if not looks_only(tool):
        return False
    for source in reversed(sources):
        if source.tool == tool and source.args == args:
            return True
        if not looks_only(source.tool):
            return False
    return False


def _is_asked(part: _Part, asked: Pieces) -> bool:
    if part.stands_in(asked):
        return True
    # "1234 Elm Street, NY 10001" may be put together from words that are all there.
    return bool(part.phrase) and len(part.phrase) <= _SHORT_PHRASE and set(part.phrase) <= set(asked.words)


def _parts_of(value: Any) -> Iterator[_Part]:
    for leaf in leaves_of(value):
        if isinstance(leaf, bool) or leaf is None:
            continue
        if isinstance(leaf, int | float):
            yield from (_Part(number=number) for number in pieces_of(str(leaf)).numbers)
            continue
        yield from _parts_of_text(str(leaf))


def _parts_of_text(text: str) -> Iterator[_Part]:
    said = pieces_of(text)
    yield from (_Part(piece=piece) for piece in sorted(said.specific))
    yield from (_Part(number=number) for number in sorted(said.numbers) if len(number) >= LONG_NUMBER or not said.words)
    if said.specific and len(said.words) <= _SHORT_PHRASE:
        return
    if len(said.words) <= _SHORT_PHRASE:
        if said.words:
            yield _Part(phrase=said.words)
        return
    # Of a very long text not every run is looked at: what was copied from elsewhere has many.
    step = max(1, len(said.words) // _MAX_RUNS)
    for at in range(0, len(said.words) - _RUN + 1, step):
        yield _Part(phrase=said.words[at : at + _RUN])


def _speaks_of(order: str, tool: str) -> bool:
    stems = stems_of(order)
    about = things_of(tool)
    verb = stems_of_name(tool)[:1]
    return bool(about & (things_in(stems) | frozenset(stems))) or (not about and bool(acts_in(verb) & acts_in(stems)))


def _read(result: Any) -> Any:
    """Return what a result says: texts that hold JSON are read as such."""
    if not isinstance(result, str):
        return result
    try:
        return json.loads(result)
    except (ValueError, RecursionError):
        return result.replace("\\n", "\n").replace("\\t", "\t")


def _as_text(result: Any) -> str:
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)
