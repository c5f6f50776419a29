"""A condition's parts: what stands between its outermost && and which names each of them reads."""

import re
from collections.abc import Iterator, Mapping

# Text, comments, names and the signs that matter, in this order of preference.
_TOKEN = re.compile(
    r"""[rRbB]{0,2}(?:'''(?:\\.|[\s\S])*?'''|\"\"\"(?:\\.|[\s\S])*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
    r"|//[^\n]*|(?P<name>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)|(?P<sign>&&|\|\||[?()\[\]{}])"
)


def clauses(condition: str) -> list[str]:
    """Return the parts of which all must hold; a condition that is not such a list is its only part."""
    parts, depth, begin = [], 0, 0
    for token in _TOKEN.finditer(condition):
        sign = token["sign"]
        if sign is None:
            continue
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif depth == 0 and sign != "&&":
            return [condition.strip()]
        elif depth == 0:
            parts.append(condition[begin : token.start()].strip())
            begin = token.end()
    return [*parts, condition[begin:].strip()]


def names_in_clause(clause: str, known: Mapping[str, str]) -> Iterator[str]:
    """Yield each variable that a part names, with the path inside it where it is a map: action.args.to."""
    for token in _TOKEN.finditer(clause):
        if token["name"] is None:
            continue
        is_called = clause[token.end() :].lstrip().startswith("(")
        path = re.sub(r"\s", "", token["name"]).split(".")
        path = path[:-1] if is_called else path
        for end in range(len(path), 0, -1):
            name = ".".join(path[:end])
            if name in known:
                yield ".".join(path) if known[name] == "map" else name
                break
