"""Where addresses lead: composition only."""

from django.urls import URLPattern, URLResolver, include, path

from coordination.api import health, hooks, witness

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("coordination.web.account_urls")),
    path("accounts/", include("allauth.urls")),
    path("api/", include("coordination.api.urls")),
    path("hooks/", include(hooks.urlpatterns)),
    path("witness/", include(witness.urlpatterns)),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("", include("coordination.web.urls")),
]
