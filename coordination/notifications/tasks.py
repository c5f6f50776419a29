"""Celery tasks: thin, each calls services."""

from celery import shared_task

from coordination.notifications import services


@shared_task(name="notifications.read", ignore_result=True)
def read() -> None:
    """Tell people what was committed since the last time, however much it is."""
    while services.read_records():
        pass


@shared_task(name="notifications.deliver", ignore_result=True)
def deliver() -> None:
    """Send what is due: e-mails first, which wait for nobody's server but ours."""
    services.write_due()
    services.call_due()


@shared_task(name="notifications.look", ignore_result=True)
def look() -> None:
    """Tell people of alarms."""
    services.look_for_alarms()


@shared_task(name="notifications.forget", ignore_result=True)
def forget() -> None:
    """Drop what was told long ago."""
    services.forget_old()
