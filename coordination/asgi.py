"""The ASGI entry point: pages and API through Django, rings through Channels."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

from coordination import embedded, environment

embedded.attach(environment.home())
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coordination.settings")
django_application = get_asgi_application()

from coordination.live.routing import websocket_urlpatterns  # noqa: E402  (models load only after set-up)
from coordination.web.limits import BodyLimit  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(django_application),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
