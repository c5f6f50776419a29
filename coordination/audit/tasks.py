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


@shared_task(name="audit.tell_anchors", ignore_result=True)
def tell_anchors() -> None:
    """Tell checkpoints to every anchor that is due."""
    services.tell_due()


@shared_task(name="audit.recheck", ignore_result=True)
def recheck() -> None:
    """Hash every record again."""
    services.recheck_all()


@shared_task(name="audit.drop_old", ignore_result=True)
def drop_old() -> None:
    """Drop what nobody has to keep any longer."""
    services.drop_old()
