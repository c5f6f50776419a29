"""The Celery application: names work, never holds truth."""

import os
import sys
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import beat_init, celeryd_init, heartbeat_sent

from coordination import embedded, environment
from coordination.shared import presence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coordination.settings")

app = Celery("coordination")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# The current app is thread-local: an ASGI server's threads would otherwise fall back to an unconfigured one.
app.set_default()

# /readyz asks whether a worker is there.
heartbeat_sent.connect(presence.announce)

# Containers and CI run as root; only JSON is accepted, so nothing that is unpickled can abuse it.
warnings.filterwarnings("ignore", message="You're running the worker with superuser", category=SecurityWarning)


@celeryd_init.connect
@beat_init.connect
def use_embedded_servers(**_signal: object) -> None:
    """Let a plain `celery worker` or `celery beat` use the embedded servers where none is configured."""
    try:
        embedded.attach(environment.home())
    except embedded.CannotStart as error:
        sys.exit(str(error))
