"""What can go wrong about people and their rights."""

from coordination.shared.errors import Conflict, Forbidden, Invalid


class RightMissing(Forbidden):
    """Your role does not allow this; it needs the role {needed}."""

    code = "right-missing"


class ScopeUnknown(Invalid):
    """There is no scope {scope}; use one of {known}."""

    code = "scope-unknown"


class AlreadyMember(Conflict):
    """{username} is a member already; change the membership instead."""

    code = "already-member"


class LastAdmin(Conflict):
    """An organization needs at least one admin; make someone else an admin first."""

    code = "last-admin"
