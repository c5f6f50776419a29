"""What can go wrong about knowledge and memory."""

from coordination.shared.errors import Conflict, Invalid, NotFound


class KnowledgeBaseUnknown(NotFound):
    """There is no knowledge base named {name}."""

    code = "knowledge-base-unknown"


class DocumentKeyRepeated(Invalid):
    """Two documents have the key {key}; a key names one document."""

    code = "document-key-repeated"


class MemoryChanged(Conflict):
    """The memory entry {key} is at version {version} by now; read it again before you change it."""

    code = "memory-changed"
