"""The form of a new member."""

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from coordination.accounts.models import MemberRole
from coordination.shared.errors import FieldError
from coordination.web.forms.manifest import Wanted

_USERNAME = re.compile(r"[\w.@+-]{1,150}")
_GROUP = re.compile(r"[^\s,]{1,60}")
_ROLES = {
    MemberRole.MANAGER: "Sees all, starts, pauses and cancels runs.",
    MemberRole.REVIEWER: "Decides what people are asked.",
    MemberRole.ADMIN: "Edits agents, workflows, policies and members.",
    MemberRole.AUDITOR: "Reads everything, changes nothing.",
}


def person_fields() -> list[Wanted]:
    """Return the fields."""
    return [
        Wanted("username", "/username", "Username", "Letters, digits and @ . + - _; it cannot be changed later.",
               required=True),
        Wanted("email", "/email", "E-mail",
               "They set a password by mail, or single sign-on knows them by it."),
        *(Wanted(f"role_{role.value}", "/roles", str(role.label), said, "check") for role, said in _ROLES.items()),
        Wanted("groups", "/groups", "Groups", "Teams that questions are put to, with commas: finance, lead."),
    ]  # fmt: skip


def roles_in(typed: Mapping[str, str]) -> list[str]:
    """Return the roles that are ticked."""
    return [role.value for role in MemberRole if typed.get(f"role_{role.value}")]


def groups_in(typed: Mapping[str, str]) -> list[str]:
    """Return the groups that are named, each once."""
    return list(dict.fromkeys(_GROUP.findall(typed.get("groups", ""))))


def wrong_in(typed: Mapping[str, str], *, is_known: bool) -> list[FieldError]:
    """Return what cannot be taken as it was typed; who has an account here needs no address."""
    errors = []
    if not _USERNAME.fullmatch(typed.get("username", "").strip()):
        errors.append(FieldError("/username", "write 1 to 150 letters, digits and @ . + - _"))
    email = typed.get("email", "").strip()
    try:
        if email or not is_known:
            validate_email(email)
    except ValidationError as error:
        errors.append(FieldError("/email", error.messages[0]))
    if not roles_in(typed):
        errors.append(FieldError("/roles", "choose at least one role"))
    return errors
