"""Addresses of a policy's page."""

from urllib.parse import urlencode

from django.urls import reverse

from coordination.policies.models import PolicyVersion


def address(version: PolicyVersion, tab: str = "") -> str:
    """Return the address of a version's page, of one of its tabs if it is named."""
    query = {"version": version.number} | ({"tab": tab} if tab else {})
    return f"{reverse('policy', args=[version.policy.name])}?{urlencode(query)}"
