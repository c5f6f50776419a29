"""The files of a pack, read as what they are: from a stranger."""

import zipfile
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import IO, Any

from coordination.engine.proof.body import content_of
from coordination.engine.proof.lines import LineInvalid
from coordination.engine.proof.manifest import MANIFEST, SIGNATURE, Manifest, PackUnreadable
from coordination.engine.proof.torn import torn

LONGEST_LINE = 16 * 1024 * 1024
LARGEST_PACK = 64 * 1024 * 1024 * 1024
LARGEST_MANIFEST = 64 * 1024 * 1024
_BYTES_AT_A_TIME = 1024 * 1024
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class Archive:
    """A pack that was opened."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read its list of files and its manifest; raises PackUnreadable."""
        try:
            self._zip = zipfile.ZipFile(file)
            self._names = self._zip.namelist()
        except (*_DAMAGED, ValueError) as error:
            raise PackUnreadable(_what_is_left(file)) from error
        if len(set(self._names)) != len(self._names):
            raise PackUnreadable("it holds two files of one name")
        if sum(entry.file_size for entry in self._zip.infolist()) > LARGEST_PACK:
            raise PackUnreadable("unpacked it would be larger than any pack")
        if any(name.startswith("/") or ".." in name.split("/") or "\\" in name for name in self._names):
            raise PackUnreadable("it holds a file that would be unpacked outside its folder")
        self.raw_manifest = self.read(MANIFEST)
        self.manifest = Manifest.of(self.raw_manifest)

    def read(self, name: str) -> bytes:
        """Return a small file; raises PackUnreadable."""
        try:
            with self._open(name) as file:
                content = file.read(LARGEST_MANIFEST + 1)
        except LineInvalid as error:
            raise PackUnreadable(str(error)) from error
        except _DAMAGED as error:
            raise PackUnreadable(f"{name} is damaged") from error
        if len(content) > LARGEST_MANIFEST:
            raise PackUnreadable(f"{name} is too large")
        return content

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the objects of a file of JSON lines; raises LineInvalid."""
        number = 0
        try:
            with self._open(name) as file:
                while raw := file.readline(LONGEST_LINE):
                    number += 1
                    line = content_of(raw)
                    if line is None:
                        raise LineInvalid(f"line {number} of {name} is not a JSON object")
                    yield line
        except _DAMAGED as error:
            raise LineInvalid(f"{name} is damaged after line {number}") from error

    def problems(self) -> Iterator[str]:
        """Yield which files are not those that the manifest names."""
        expected = self.manifest.files
        for name in self._names:
            if name in (MANIFEST, SIGNATURE):
                continue
            if name not in expected:
                yield f"the file {name} was added: the manifest does not name it"
            elif self._hash(name) != expected[name]:
                yield f"the file {name} was changed: it does not have the hash that the manifest names"
        for name in expected.keys() - set(self._names):
            yield f"the file {name} was removed"

    def _open(self, name: str) -> IO[bytes]:
        try:
            return self._zip.open(name)
        except KeyError as error:
            raise LineInvalid(f"the file {name} is missing") from error

    def _hash(self, name: str) -> str:
        hashed = sha256()
        try:
            with self._open(name) as file:
                while raw := file.read(_BYTES_AT_A_TIME):
                    hashed.update(raw)
        except _DAMAGED:
            return ""
        return hashed.hexdigest()


def _what_is_left(file: IO[bytes]) -> str:
    """Say of what is no whole zip how far it can be read."""
    broken = torn(file)
    if broken is None:
        return "it is not a whole zip archive: it was cut off, or it is something else"
    return f"it is not a whole zip archive, it was cut off: {broken}"
