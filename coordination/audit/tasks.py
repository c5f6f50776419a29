"""Celery tasks: thin, each calls services."""

from celery import shared_task

from coordination.audit import services


@shared_task(name="audit.seal", ignore_result=True)
def seal() -> None:
    """Seal what was committed since the last time, however much it is."""
    while services.seal():
        pass


@shared_task(name="audit.prove_silence", ignore_result=True)
def prove_silence() -> None:
    """Sign the trees of those where nothing happens."""
    services.prove_silence()
