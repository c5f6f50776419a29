"""Who may do what: people with their roles, and tokens that act for them."""

from coordination.accounts.models import ApiToken
from coordination.accounts.selectors import members, rights_of
from coordination.reports.dossier import Evidence, Fact, Scope, Table
from coordination.reports.evidence import words

KINDS = frozenset({"MemberAdded", "MemberChanged", "MemberRemoved", "TokenCreated", "TokenRevoked"})


def collect(scope: Scope) -> Evidence:
    """List members with their roles and rights, and tokens that work, as they are when this is made."""
    people = list(members(scope.organization))
    tokens = [
        token
        for token in ApiToken.objects.filter(organization=scope.organization, revoked_at=None)
        .select_related("user")
        .order_by("user__username", "name")
        if token.expires_at is None or token.expires_at > scope.made_at
    ]
    endless = [token for token in tokens if token.expires_at is None]
    gaps = ["A membership has no end date: whose access is only for a time has to be taken away by an admin."]
    if endless:
        gaps.append(f"{len(endless)} of {len(tokens)} tokens never expire.")
    return Evidence(
        title="Access review",
        says="What follows is as it was when this pack was made; the records tell each change in the period.",
        facts=(
            Fact("People", words.count(len(people))),
            Fact("Admins", words.count(sum("admin" in one.roles for one in people))),
            Fact("Tokens that work", words.count(len(tokens))),
            Fact("of them without an end", words.count(len(endless))),
            Fact("Changes in the period", words.count(sum(scope.counts.get(kind, 0) for kind in KINDS))),
        ),
        tables=(
            Table("People", ("Person", "Roles", "Groups", "Since", "Last seen", "Can sign in"), [
                (one.user.username, words.listed(one.roles), words.listed(one.groups), words.day(one.created_at),
                 words.day(one.user.last_login), "yes" if one.user.is_active else "no")
                for one in people
            ]),
            Table("Tokens", ("Of", "Name", "Limited to", "Made", "Last used", "Until"), [
                (token.user.username, token.name, words.listed(token.scopes), words.day(token.created_at),
                 words.day(token.last_used_at), words.day(token.expires_at))
                for token in tokens
            ], none="No token works."),
        ),
        kinds=KINDS,
        gaps=gaps,
        data={
            "people": [
                {"person": one.user.username, "roles": list(one.roles), "groups": list(one.groups),
                 "rights": sorted(str(right) for right in rights_of(one))}
                for one in people
            ]
        },
    )  # fmt: skip
