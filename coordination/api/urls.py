"""Addresses of the API."""

from django.http import Http404, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, URLPattern, URLResolver, include, path, re_path, resolve
from rest_framework.request import Request

from coordination.api import (
    agents,
    approval_answers,
    approvals,
    audit,
    audit_anchors,
    audit_keeping,
    audit_proofs,
    backtests,
    bias,
    bias_attributes,
    budgets,
    decisions,
    delegations,
    deliveries,
    events,
    explaining,
    guard,
    intervention,
    knowledge,
    knowledge_sources,
    memory,
    memory_acts,
    messages,
    negotiations,
    notifications,
    oversight,
    people,
    policies,
    policy_adjusting,
    policy_changes,
    policy_library,
    queue_rules,
    reports,
    risk,
    risk_outcomes,
    risk_register,
    run_control,
    runs,
    schema,
    second_looks,
    stops,
    triggers,
    verdicts,
    webhooks,
    workflows,
)
from coordination.api.endpoint import Endpoint

ROOMS = (
    agents, workflows, triggers, policies, policy_changes, policy_adjusting, policy_library, backtests, decisions,
    budgets, risk, risk_outcomes, risk_register, bias, bias_attributes, knowledge, knowledge_sources, memory,
    memory_acts, messages, negotiations, runs, run_control, intervention, verdicts, stops, explaining, events, guard,
    approval_answers, approvals, queue_rules, delegations, oversight, second_looks, audit, audit_anchors,
    audit_keeping, audit_proofs, people, deliveries, notifications, webhooks, reports, schema,
)  # fmt: skip


class Nowhere(Endpoint):
    """Every other address: a problem, or the way to the address that only lacks its last slash."""

    authentication_classes = []
    permission_classes = []
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse at once, whatever the method."""
        raise Http404

    def dispatch(self, request: Request, *args: object, **kwargs: object) -> HttpResponseBase:  # type: ignore[override]  # Django's request, which DRF's stubs narrow
        """Redirect in a way that keeps method and body, or answer 404."""
        completed = f"{request.path_info}/"
        if not request.path_info.endswith("/") and _leads_somewhere(completed):
            query = request.META.get("QUERY_STRING", "")
            response = HttpResponsePermanentRedirect(f"{request.path}/{'?' if query else ''}{query}")
            response.status_code = 308
            return response
        return super().dispatch(request, *args, **kwargs)


def _leads_somewhere(address: str) -> bool:
    try:
        found = resolve(address)
    except Resolver404:
        return False
    return getattr(found.func, "cls", None) is not Nowhere


urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include([pattern for room in ROOMS for pattern in room.urlpatterns])),
    path("docs/", schema.docs, name="api-docs"),
    re_path(r"^", Nowhere.as_view()),
]
