"""Which policies of an organization were taken from the library."""

from coordination.accounts.models import Organization
from coordination.policies.library import LABEL
from coordination.policies.models import Policy


def taken_from_library(organization: Organization) -> dict[str, list[Policy]]:
    """Return, by the name in the library, what the organization made of it."""
    found: dict[str, list[Policy]] = {}
    rows = Policy.objects.filter(organization=organization, labels__has_key=LABEL).select_related("enforced")
    for policy in rows.order_by("name"):
        found.setdefault(policy.labels[LABEL], []).append(policy)
    return found
