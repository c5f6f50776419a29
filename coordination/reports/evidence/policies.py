"""Which rules held when, what changed in them, and who agreed."""

import difflib
from collections.abc import Iterator

import yaml
from django.db.models import Q

from coordination.policies.models import PolicyVersion, Way
from coordination.reports.dossier import Attachment, Evidence, Fact, Scope, Table
from coordination.reports.evidence import words

KINDS = frozenset(
    f"Policy{what}"
    for what in (
        "Saved", "Validated", "Backtested", "ReviewAsked", "ReviewWithdrawn", "ReviewLapsed", "Shadowed", "Canaried",
        "TrialStopped", "Published", "RolledBack", "Rejected", "Disabled", "Removed", "RetirementAsked",
        "RetirementRefused", "PostReviewed", "PostReviewRefused", "PracticeChanged", "Installed", "Described",
    )
)  # fmt: skip
_MOST_VERSIONS = 500


def collect(scope: Scope) -> Evidence:
    """List the versions that were brought into force, with their text, their differences and their reviewers."""
    versions = list(_in_force(scope))
    changed = [one for one in versions if one.published_at and one.published_at >= scope.since]
    unreviewed = [one for one in changed if one.way in (Way.UNREVIEWED, Way.OPERATOR)]
    rows = [
        (
            one.policy.name,
            f"v{one.number}",
            words.moment(one.published_at),
            one.created_by,
            words.listed(one.reviewed_by),
            str(Way(one.way).label) if one.way else words.NOTHING,
            one.note or words.NOTHING,
        )
        for one in changed
    ]
    gaps = []
    if unreviewed:
        gaps.append(f"{len(unreviewed)} of {len(changed)} changes came into force without a review by another person.")
    if len(versions) == _MOST_VERSIONS:
        gaps.append(f"Only the newest {_MOST_VERSIONS} versions of policies are in this pack.")
    return Evidence(
        title="Policies and their changes",
        says="A version of a policy never changes. The folder policies holds the text of each version that was in "
        "force in the period, and what it changed against the one before.",
        facts=(
            Fact("Versions that came into force", words.count(len(changed))),
            Fact("of them reviewed by someone else", words.count(sum(bool(one.reviewed_by) for one in changed))),
            Fact("of them without a review", words.count(len(unreviewed))),
            Fact("Policies in force at the end", words.count(len({one.policy_id for one in versions}))),
        ),
        tables=(
            Table("Changes", ("Policy", "Version", "In force since", "Author", "Reviewed by", "How", "Why"), rows),
        ),
        kinds=KINDS,
        gaps=gaps,
        data={
            "versions": [
                {
                    "policy": one.policy.name,
                    "version": one.number,
                    "digest": one.digest,
                    "published_at": words.iso(one.published_at),
                    "author": one.created_by,
                    "reviewed_by": list(one.reviewed_by),
                    "way": one.way,
                    "restores": one.restores.number if one.restores else None,
                }
                for one in versions
            ]
        },
        files=list(_files(versions)),
    )


def _in_force(scope: Scope) -> list[PolicyVersion]:
    """Return the versions that came into force before the period's end, save those that another replaced before it."""
    published = PolicyVersion.objects.filter(
        policy__organization=scope.organization, published_at__lt=scope.until
    ).select_related("policy", "restores")
    held = published.filter(Q(published_at__gte=scope.since) | Q(pk__in=_at_the_beginning(scope)))
    return list(held.order_by("policy__name", "-number")[:_MOST_VERSIONS])


def _at_the_beginning(scope: Scope) -> list[object]:
    """Return the version of each policy that was in force when the period began."""
    before = PolicyVersion.objects.filter(policy__organization=scope.organization, published_at__lt=scope.since)
    newest = before.order_by("policy", "-published_at").distinct("policy")
    return list(newest.values_list("pk", flat=True))


def _files(versions: list[PolicyVersion]) -> Iterator[Attachment]:
    for one in versions:
        text = _text(one)
        folder = f"policies/{one.policy.name}"
        yield Attachment(f"{folder}/v{one.number}.yaml", text)
        before = _before(one)
        if before is not None:
            lines = difflib.unified_diff(
                _text(before).splitlines(True), text.splitlines(True), f"v{before.number}", f"v{one.number}"
            )
            yield Attachment(f"{folder}/v{before.number}-to-v{one.number}.diff", "".join(lines))


def _before(version: PolicyVersion) -> PolicyVersion | None:
    """Return the version in whose place this one came."""
    others = PolicyVersion.objects.filter(policy=version.policy, published_at__lt=version.published_at)
    return others.order_by("-published_at").first()


def _text(version: PolicyVersion) -> str:
    return yaml.safe_dump(version.spec, sort_keys=False, allow_unicode=True, width=110)
