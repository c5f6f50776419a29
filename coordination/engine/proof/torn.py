"""How far a zip can be read that was cut off: its list of files stood at its end, and is gone."""

import struct
import zlib
from typing import IO, NamedTuple

from coordination.engine.proof.body import content_of
from coordination.engine.proof.lines import link_of

_HEADER = struct.Struct("<4s5H3I2H")
_SIGNATURE = b"PK\x03\x04"
_DEFLATED = 8
_PART = 64 * 1024
_LONGEST = 16 * 1024 * 1024


class Torn(NamedTuple):
    """The file that a pack ends in, how many of its lines are whole, and the last of these."""

    name: str
    lines: int
    last: bytes

    def __str__(self) -> str:
        line = content_of(self.last) or {}
        link = link_of(content_of(str(line.get("body"))), "")
        after = f" ({link.stream}, record {link.number})" if link else ""
        return f"{self.name} ends after line {self.lines}{after}; what follows is missing, with all that comes after it"


def torn(file: IO[bytes]) -> Torn | None:
    """Return where a zip breaks off, or None if it is something else."""
    file.seek(0)
    while (entry := _entry_at(file)) is not None:
        name, method = entry
        if method != _DEFLATED:
            return None
        lines, last, is_whole = _inflated(file)
        if not is_whole:
            return Torn(name, lines, last)
    return None


def _entry_at(file: IO[bytes]) -> tuple[str, int] | None:
    """Return the name and the method of the entry that begins here."""
    raw = file.read(_HEADER.size)
    if len(raw) < _HEADER.size:
        return None
    signature, _, _, method, *_, name_length, extra_length = _HEADER.unpack(raw)
    if signature != _SIGNATURE:
        return None
    name = file.read(name_length)
    file.read(extra_length)
    return name.decode("utf-8", "replace"), method


def _inflated(file: IO[bytes]) -> tuple[int, bytes, bool]:
    """Return how many lines there are, the last whole one, and whether the entry ends; goes on to the next."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    lines, last, rest, packed = 0, b"", b"", b""
    try:
        while not inflater.eof and len(rest) < _LONGEST and (packed := inflater.unconsumed_tail or file.read(_PART)):
            whole, newline, rest = (rest + inflater.decompress(packed, _PART)).rpartition(b"\n")
            if newline:
                lines += whole.count(b"\n") + 1
                last = whole.rpartition(b"\n")[2]
    except zlib.error:
        return lines, last, False
    file.seek(-len(inflater.unused_data), 1)
    return lines, last, inflater.eof
