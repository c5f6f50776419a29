"""Parameters and exceptions change alone, and nobody overwrites what someone else saved."""

from datetime import timedelta

import pytest

from coordination.accounts.actors import Actor
from coordination.policies import errors, services
from coordination.policies.selectors import lifecycle
from coordination.shared.clock import now
from coordination.shared.manifests import ManifestInvalid
from tests.integration.policies.people import People, limit, small
from tests.integration.policies.rules import EDITOR


def test_a_parameter_changes_alone_and_starts_from_what_is_enforced(people: People) -> None:
    version = people.enforce(limit(100))
    people.save(limit(70), small())  # unfinished, and not a part of it
    draft = services.change_parameters(version.policy, {"over-limit": {"limit": 80}}, EDITOR, note="inflation")
    assert (draft.number, draft.based_on, draft.note, draft.status) == (3, 1, "inflation", "draft")
    assert [one.sentence for one in lifecycle.changes_of(draft.policy, 3)] == [
        "over-limit: asks a person above $80 instead of $100"
    ]


def test_a_parameter_that_is_not_there_or_of_another_type_is_told(people: People) -> None:
    policy = people.save(limit()).policy
    with pytest.raises(errors.RuleUnknown):
        services.change_parameters(policy, {"over": {"limit": 80}}, EDITOR)
    with pytest.raises(errors.ParameterUnknown, match="it has limit") as caught:
        services.change_parameters(policy, {"over-limit": {"limits": 80}}, EDITOR)
    assert caught.value.errors[0].pointer == "/parameters/over-limit/limits"
    with pytest.raises(ManifestInvalid, match="the type is double"):
        services.change_parameters(policy, {"over-limit": {"limit": "80"}}, EDITOR)


def test_an_exception_is_added_and_ended_alone(people: People) -> None:
    version = people.enforce(limit(100))
    until = (now() + timedelta(days=3)).isoformat()
    said = {"scope": {"agents": ["writer"]}, "until": until, "reason": "the fair"}
    draft = services.add_exception(version.policy, "over-limit", said, Actor.of(people.admin))
    assert draft.spec["rules"][0]["exceptions"][0]["approved_by"] == "admin"
    assert lifecycle.loosening_of(draft.policy, draft).loosens

    services.publish(draft.policy, draft.number, EDITOR)
    version.policy.refresh_from_db()
    with pytest.raises(errors.ExceptionUnknown):
        services.remove_exception(version.policy, "over-limit", 1, EDITOR)
    ended = services.remove_exception(version.policy, "over-limit", 0, EDITOR)
    assert not ended.spec["rules"][0]["exceptions"]
    assert not lifecycle.loosening_of(ended.policy, ended).loosens


def test_an_exception_ends_within_a_month(people: People) -> None:
    policy = people.save(limit()).policy
    said = {"scope": {"agents": ["a"]}, "until": (now() + timedelta(days=31)).isoformat(), "reason": "forever"}
    with pytest.raises(ManifestInvalid, match="ends within 30 days"):
        services.add_exception(policy, "over-limit", said, EDITOR)


def test_the_second_of_two_authors_is_told_and_nothing_is_overwritten(people: People) -> None:
    first = people.save(limit(100))
    people.save(limit(90), by="admin", base=1)
    with pytest.raises(errors.DraftChanged, match=r"saved by admin .* you changed version 1, the newest is 2"):
        people.save(limit(80), by="second_admin", base=1)
    assert first.policy.versions.count() == 2
    assert people.save(limit(80), by="second_admin", base=2).based_on == 2


def test_a_new_policy_that_someone_else_made_meanwhile_is_told_too(people: People) -> None:
    people.save(limit(100), base=0)
    with pytest.raises(errors.DraftChanged):
        people.save(limit(90), base=0)


def test_small_changes_are_told_of_each_other_too(people: People) -> None:
    policy = people.save(limit(100)).policy
    services.change_parameters(policy, {"over-limit": {"limit": 90}}, EDITOR, base=1)
    with pytest.raises(errors.DraftChanged):
        services.change_parameters(policy, {"over-limit": {"limit": 80}}, EDITOR, base=1)
