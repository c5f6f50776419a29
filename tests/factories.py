"""Make what tests need, with plain functions: only what a test talks about is named in the test."""

from collections.abc import Sequence

from coordination.accounts.models import Membership, Organization
from coordination.accounts.services import add_member, create_organization


def make_organization(slug: str = "acme") -> Organization:
    """Return the organization of this slug, made if it is new."""
    return create_organization(slug, slug.title())


def make_member(
    organization: Organization,
    username: str,
    roles: Sequence[str] = ("reviewer",),
    groups: Sequence[str] = (),
) -> Membership:
    """Return a member with these roles and groups."""
    return add_member(organization, username, roles, groups=groups)
