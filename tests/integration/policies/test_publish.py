"""Putting a policy in force and taking it back: one enforced version at most, all of it on record."""

import json

import pytest

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.engine.manifest import Manifest, Metadata
from coordination.policies.errors import NeverEnforced, NotADraft, NotEnforced, VersionUnknown
from coordination.policies.models import Policy, PolicyVersion
from coordination.policies.selectors import stamp_of
from coordination.policies.services import disable, publish, rollback, save_draft
from coordination.shared.manifests import ManifestInvalid
from tests.integration.policies.rules import EDITOR, Enforce, over_limit, policy, small_is_fine


def statuses(of: Policy) -> dict[int, str]:
    return dict(PolicyVersion.objects.filter(policy=of).values_list("number", "status"))


def records(organization: Organization) -> list[tuple[str, dict[str, object]]]:
    events = AuditEvent.objects.filter(organization=organization, stream="policies").order_by("stream_no")
    return [(event.kind, json.loads(event.body)["data"]) for event in events]


def test_publishing_supersedes_what_was_enforced(acme: Organization, enforce: Enforce) -> None:
    first = enforce(over_limit())
    second = enforce(small_is_fine())

    second.policy.refresh_from_db()
    assert second.policy.enforced == second
    assert (second.published_by, second.published_at is not None) == ("admin", True)
    assert statuses(first.policy) == {1: "superseded", 2: "enforced"}


def test_rolling_back_is_a_new_version_with_the_old_content(acme: Organization, enforce: Enforce) -> None:
    first = enforce(over_limit())
    enforce(small_is_fine())

    restored = rollback(first.policy, 1, EDITOR)

    assert (restored.number, restored.restores, restored.spec) == (3, first, first.spec)
    assert restored.digest == first.digest
    assert statuses(first.policy) == {1: "superseded", 2: "rolled_back", 3: "enforced"}


def test_disabling_leaves_the_versions(acme: Organization, enforce: Enforce) -> None:
    version = enforce(over_limit())

    assert disable(version.policy, EDITOR).enforced is None

    assert statuses(version.policy) == {1: "superseded"}
    assert rollback(version.policy, 1, EDITOR).number == 2
    with pytest.raises(NotEnforced):
        disable(save_other(acme).policy, EDITOR)


def test_every_change_is_on_record_and_renews_the_stamp(acme: Organization, enforce: Enforce) -> None:
    stamps = [stamp_of(acme.pk)]
    version = enforce(over_limit())
    stamps.append(stamp_of(acme.pk))
    enforce(small_is_fine())
    stamps.append(stamp_of(acme.pk))
    rollback(version.policy, 1, EDITOR)
    stamps.append(stamp_of(acme.pk))
    disable(version.policy, EDITOR)
    stamps.append(stamp_of(acme.pk))

    kept = records(acme)
    kinds = ["PolicySaved", "PolicyPublished", "PolicySaved", "PolicyPublished", "PolicyRolledBack", "PolicyDisabled"]
    assert [kind for kind, _ in kept] == kinds
    assert (kept[3][1]["version"], kept[3][1]["replaces"]) == (2, 1)
    assert (kept[4][1]["version"], kept[4][1]["restores"], kept[4][1]["digest"]) == (3, 1, version.digest)
    assert len(set(stamps)) == 5


def test_doing_it_twice_is_doing_it_once(acme: Organization, enforce: Enforce) -> None:
    version = enforce(over_limit())

    assert publish(version.policy, 1, EDITOR) == version
    assert rollback(version.policy, 1, EDITOR) == version
    assert len(records(acme)) == 2


def test_a_superseded_version_is_not_published_again_but_rolled_back_to(acme: Organization, enforce: Enforce) -> None:
    version = enforce(over_limit())
    enforce(small_is_fine())

    with pytest.raises(NotADraft, match="Version 1 of refund-limits is superseded"):
        publish(version.policy, 1, EDITOR)


def test_what_was_never_enforced_is_nothing_to_roll_back_to(acme: Organization) -> None:
    with pytest.raises(NeverEnforced):
        rollback(save_other(acme).policy, 1, EDITOR)


@pytest.mark.parametrize("change", [publish, rollback])
def test_a_version_that_is_not_there(acme: Organization, enforce: Enforce, change: object) -> None:
    version = enforce(over_limit())

    with pytest.raises(VersionUnknown, match="The policy refund-limits has no version 9"):
        change(version.policy, 9, EDITOR)  # type: ignore[operator]


def test_a_version_that_no_longer_compiles_is_not_enforced(acme: Organization) -> None:
    held = Policy.objects.create(organization=acme, name="held")
    spec = policy(small_is_fine(when="agent.trust > 3"))
    PolicyVersion.objects.create(policy=held, number=1, spec=spec, digest="", created_by="an upgrade ago")

    with pytest.raises(ManifestInvalid, match=r"unknown name agent.trust"):
        publish(held, 1, EDITOR)

    assert Policy.objects.get(pk=held.pk).enforced is None


def save_other(organization: Organization) -> PolicyVersion:
    return save_draft(
        organization,
        Manifest(kind="Policy", metadata=Metadata(name="other"), spec=policy(small_is_fine())),
        EDITOR,
    )
