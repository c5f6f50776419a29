"""What can go wrong about knowledge and memory."""

from coordination.shared.errors import Conflict, CoordinationError, Invalid, NotFound


class KnowledgeBaseUnknown(NotFound):
    """There is no knowledge base named {name}."""

    code = "knowledge-base-unknown"


class DocumentUnknown(NotFound):
    """There is no document {document} in this knowledge base."""

    code = "document-unknown"


class SourceUnknown(NotFound):
    """There is no source {source} in this knowledge base."""

    code = "source-unknown"


class MemoryUnknown(NotFound):
    """There is no memory entry {entry}."""

    code = "memory-unknown"


class DocumentKeyRepeated(Invalid):
    """Two documents have the key {key}; a key names one document."""

    code = "document-key-repeated"


class FileTooLarge(CoordinationError):
    """A file has at most {most_mb} MB; split it, or leave out its pictures."""

    code = "file-too-large"
    status = 413


class FileRefused(Invalid):
    """{name} cannot be read: {problem}"""

    code = "file-refused"


class PageRefused(Invalid):
    """The page {address} may not be read: {problem}"""

    code = "page-refused"


class TooManySources(Conflict):
    """A knowledge base has at most {most} files and pages; remove some first."""

    code = "too-many-sources"


class SourceBusy(Conflict):
    """{name} is being indexed; wait until that is done."""

    code = "source-busy"


class MemoryChanged(Conflict):
    """The memory entry {key} is at version {version} by now; read it again before you change it."""

    code = "memory-changed"


class MemoryTooLarge(CoordinationError):
    """What is remembered under one key has at most {most_kb} kB."""

    code = "memory-too-large"
    status = 413


class MemoryFull(Conflict):
    """There are {most} entries here already; forget some, or give them an end."""

    code = "memory-full"


class MemoryInvalid(Invalid):
    """This cannot be remembered: {problem}"""

    code = "memory-invalid"


class MemoryHeld(Conflict):
    """The memory entry {key} is in quarantine; somebody has to release it before it is changed."""

    code = "memory-held"


class VersionUnknown(NotFound):
    """There is no version {version} of this memory entry."""

    code = "memory-version-unknown"
