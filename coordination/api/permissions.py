"""May this caller do it? The API's one place to ask."""

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from coordination.accounts.rights import Right
from coordination.api.caller import Caller

if TYPE_CHECKING:
    # The settings name this module, and views read the settings while they are imported.
    from rest_framework.views import APIView


class MemberReads(BasePermission):
    """Members with the view's `reads` right read; who writes needs the view's `writes` right, which it must name."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Tell whether the caller is a member; raises RightMissing or ScopeMissing."""
        if not isinstance(request.auth, Caller):
            return False
        name, fallback = ("reads", Right.READ) if request.method in SAFE_METHODS else ("writes", None)
        right = getattr(view, name, fallback)
        if right is None:
            return False
        request.auth.require(right)
        return True
