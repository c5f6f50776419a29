"""Celery tasks: thin, each calls services."""

from uuid import UUID

from celery import shared_task

from coordination.memory.services import forget_expired, index_source, look_after_sources


# The pool ends a process that takes longer: whatever holds it up, the row is begun again or given up.
@shared_task(name="memory.index", ignore_result=True, time_limit=3_600)
def index(source_id: str, attempt: int) -> None:
    """Index a file or a page."""
    index_source(UUID(source_id), attempt)


@shared_task(name="memory.look", ignore_result=True)
def look_after_knowledge() -> None:
    """Begin again what was lost, read pages whose time has come, forget what has expired."""
    look_after_sources()
    forget_expired()
