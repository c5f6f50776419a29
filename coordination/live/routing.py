"""Where browsers listen."""

from django.urls import path

from coordination.live.consumers import RingConsumer

websocket_urlpatterns = [path("live/", RingConsumer.as_asgi())]
