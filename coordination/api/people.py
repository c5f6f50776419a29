"""Members of the organization, and the tokens of whoever asks."""

from typing import Any
from uuid import UUID

from django.db.models import F
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.models import ApiToken, MemberRole, Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import member_named, members_with_sign_in, tokens_of
from coordination.api.caller import ScopeMissing
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.pagination import ByUsername
from coordination.audit.people import admit_member, change_member, dismiss_member, issue_token, withdraw_token
from coordination.shared.clock import now
from coordination.shared.errors import NotFound


class TokenInput(Input):
    """A new token; without scopes it has all the rights of its maker."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(child=serializers.ChoiceField([right.value for right in Right]), default=list)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def validate_expires_at(self, value: Any) -> Any:
        """Refuse a token that is over before it begins."""
        if value is not None and value <= now():
            raise serializers.ValidationError("This is in the past.")
        return value


class TokenOutput(serializers.ModelSerializer[ApiToken]):
    """A token without its secret, of which `prefix` is the beginning."""

    class Meta:
        model = ApiToken
        fields = ("id", "name", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")


class NewTokenOutput(TokenOutput):
    """A token with its secret, which is shown this once."""

    token = serializers.CharField()

    class Meta(TokenOutput.Meta):
        fields = (*TokenOutput.Meta.fields, "token")  # type: ignore[assignment]  # a longer tuple


class MemberInput(Input):
    """What a member is."""

    roles = serializers.ListField(child=serializers.ChoiceField(MemberRole.values), min_length=1)
    groups = serializers.ListField(child=serializers.CharField(max_length=60), default=list)


class NewMemberInput(MemberInput):
    """Who becomes a member; password and address are for people who have no account yet."""

    username = serializers.RegexField(r"^[\w.@+-]+$", max_length=150)
    password = serializers.CharField(max_length=200, default="", allow_blank=True, trim_whitespace=False)
    email = serializers.EmailField(max_length=254, default="", allow_blank=True)


class ChangeInput(Input):
    """What changes about a member."""

    roles = serializers.ListField(child=serializers.ChoiceField(MemberRole.values), min_length=1, required=False)
    groups = serializers.ListField(child=serializers.CharField(max_length=60), required=False)


class MemberOutput(serializers.ModelSerializer[Membership]):
    """A person in the organization."""

    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.get_full_name")
    has_passkey = serializers.BooleanField()

    class Meta:
        model = Membership
        fields = ("username", "name", "roles", "groups", "has_passkey", "created_at")


class TokenList(Endpoint):
    """The caller's own tokens."""

    writes = Right.TOKEN_CREATE
    withheld = ("token",)

    @listing("tokens_list", None, TokenOutput)
    def get(self, request: Request) -> Response:
        """List tokens, the newest first."""
        self.no_filters()
        return self.page(tokens_of(self.caller.membership), TokenOutput)

    @takes("tokens_create", TokenInput, NewTokenOutput, 201)
    def post(self, request: Request) -> Response:
        """Make a token and show its secret once; a token cannot make one that may do more than itself."""
        given = self.given(TokenInput)
        scopes = sorted(set(given["scopes"])) or sorted(self.caller.scopes)
        for scope in scopes:
            if self.caller.scopes and scope not in self.caller.scopes:
                raise ScopeMissing(needed=scope)
        token, raw = issue_token(
            self.caller.membership, given["name"], self.caller.actor, scopes, expires_at=given["expires_at"]
        )
        return Response({**TokenOutput(token).data, "token": raw}, status=201)


class TokenDetail(Endpoint):
    """One of the caller's own tokens."""

    writes = Right.TOKEN_CREATE

    @takes("tokens_read", None, TokenOutput)
    def get(self, request: Request, token_id: UUID) -> Response:
        """Return the token without its secret."""
        return Response(TokenOutput(self._token(token_id)).data)

    @takes("tokens_revoke", None, None, 204)
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke the token: it is refused from now on."""
        withdraw_token(self._token(token_id), self.caller.actor)
        return Response(status=204)

    def _token(self, token_id: UUID) -> ApiToken:
        found = tokens_of(self.caller.membership).filter(pk=token_id).first()
        if found is None:
            raise NotFound(kind="token", name=token_id)
        return found


class MemberList(Endpoint):
    """The organization's people."""

    writes = Right.MEMBER_EDIT

    @listing("members_list", None, MemberOutput)
    def get(self, request: Request) -> Response:
        """List members by name."""
        self.no_filters()
        found = members_with_sign_in(self.organization).annotate(username=F("user__username"))
        return self.page(found, MemberOutput, ByUsername)

    @takes("members_create", NewMemberInput, MemberOutput, 201)
    def post(self, request: Request) -> Response:
        """Make a person a member."""
        given = self.given(NewMemberInput)
        admit_member(
            self.organization,
            given["username"],
            given["roles"],
            given["groups"],
            self.caller.actor,
            password=given["password"],
            email=given["email"],
        )
        return Response(MemberOutput(member_named(self.organization, given["username"])).data, status=201)


class MemberDetail(Endpoint):
    """One member."""

    writes = Right.MEMBER_EDIT

    @takes("members_read", None, MemberOutput)
    def get(self, request: Request, username: str) -> Response:
        """Return the member."""
        return Response(MemberOutput(member_named(self.organization, username)).data)

    @takes("members_change", ChangeInput, MemberOutput)
    def patch(self, request: Request, username: str) -> Response:
        """Give the member other roles or groups."""
        member = member_named(self.organization, username)
        given = {"roles": member.roles, "groups": member.groups, **self.given(ChangeInput)}
        return Response(MemberOutput(change_member(member, given["roles"], given["groups"], self.caller.actor)).data)

    @takes("members_remove", None, None, 204)
    def delete(self, request: Request, username: str) -> Response:
        """End the membership, and with it the use of the member's tokens."""
        dismiss_member(member_named(self.organization, username), self.caller.actor)
        return Response(status=204)


urlpatterns = [
    path("tokens/", TokenList.as_view()),
    path("tokens/<uuid:token_id>/", TokenDetail.as_view()),
    path("members/", MemberList.as_view()),
    path("members/<str:username>/", MemberDetail.as_view()),
]
