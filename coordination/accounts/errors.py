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


class SecretUnreadable(Conflict):
    """This code cannot be checked: the secret key of this server has changed. Use a passkey, or ask its operator."""

    code = "secret-unreadable"


class EmailTaken(Conflict):
    """Another person has the address {email}; everyone needs their own."""

    code = "email-taken"


class NotInvited(Forbidden):
    """Nobody here was invited as {email}. Ask an admin to add you under this address."""

    code = "not-invited"


class IdentityDoubtful(Forbidden):
    """The sign-in server said nothing that can be relied on: {why}."""

    code = "identity-doubtful"


class SignInTooOld(Forbidden):
    """Sign out and in again first: a way of signing in is added within {minutes} minutes of signing in."""

    code = "sign-in-too-old"
