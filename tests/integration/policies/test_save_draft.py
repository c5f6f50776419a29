"""Writing a policy down: numbered, immutable versions, and everything that is wrong said at once."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.engine.manifest import Manifest, Metadata
from coordination.policies.models import Policy, PolicyDecision, PolicyVersion
from coordination.policies.services import decide, disable, save_draft, validate
from coordination.shared.manifests import ManifestInvalid
from tests.integration.policies.rules import EDITOR, Enforce, over_limit, policy, refund, small_is_fine


def save(organization: Organization, *rules: dict[str, Any], **metadata: Any) -> PolicyVersion:
    manifest = Manifest(kind="Policy", metadata=Metadata(name="limits", **metadata), spec=policy(*rules))
    return save_draft(organization, manifest, EDITOR)


def test_a_draft_is_kept_and_enforces_nothing(acme: Organization) -> None:
    draft = save(acme, over_limit(), title="Limits", labels={"area": "support"})

    assert (draft.number, draft.status, draft.created_by) == (1, "draft", "admin")
    assert (draft.policy.title, draft.policy.labels, draft.policy.enforced) == ("Limits", {"area": "support"}, None)
    assert decide(acme, refund(), subject="s").versions == {}


def test_every_change_is_a_new_version_and_the_same_again_is_none(acme: Organization) -> None:
    first = save(acme, over_limit())
    assert save(acme, over_limit(), title="Now with a title").pk == first.pk
    second = save(acme, over_limit(), small_is_fine())

    assert (second.number, Policy.objects.get().title) == (2, "")
    assert second.digest != first.digest
    assert list(second.policy.versions.values_list("number", flat=True)) == [2, 1]


def test_saying_again_what_is_no_longer_in_force_is_a_new_draft(acme: Organization, enforce: Enforce) -> None:
    version = enforce(over_limit(), name="limits")
    assert save(acme, over_limit()) == version
    disable(version.policy, EDITOR)

    assert (save(acme, over_limit()).number, save(acme, over_limit()).status) == (2, "draft")


def test_an_exported_version_says_the_same_again(acme: Organization) -> None:
    draft = save(acme, over_limit(), small_is_fine(tags=["EU-14"], severity="high"))
    draft.refresh_from_db()

    manifest = Manifest(kind="Policy", metadata=Metadata(name="limits"), spec=draft.spec)

    assert save_draft(acme, manifest, EDITOR) == draft


def test_organizations_may_use_the_same_name(acme: Organization, globex: Organization) -> None:
    assert save(acme, over_limit()).number == save(globex, over_limit()).number == 1


def test_it_is_on_record(acme: Organization) -> None:
    draft = save(acme, over_limit())

    event = AuditEvent.objects.get(organization=acme, stream="policies")
    assert (event.kind, event.object, event.actor) == ("PolicySaved", "policy:limits", "user:admin")
    assert draft.digest in event.body


def test_what_is_wrong_is_refused_whole_and_leaves_nothing(acme: Organization) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        save(acme, over_limit(when="action.amout > params.limit"))

    [error] = caught.value.errors
    assert (error.pointer, error.line, error.column, error.suggestion) == ("/spec/rules/0/when", 1, 1, "action.amount")
    assert not Policy.objects.exists()


@pytest.mark.parametrize(
    ("rules", "pointer", "message", "suggestion"),
    [
        ([over_limit(when="action.amount")], "/spec/rules/0/when", "gives double, but bool is needed here", None),
        ([over_limit(when="active &&")], "/spec/rules/0/when", "the expression ends too early", None),
        ([over_limit(when="params.limmit > 1")], "/spec/rules/0/when", "unknown name params.limmit", "params.limit"),
        ([over_limit(wehn="true")], "/spec/rules/0/wehn", "unknown field wehn", "when"),
        ([{**over_limit(), "statement": ""}], "/spec/rules/0/statement", "this should have at least 1", None),
        ([{k: v for k, v in over_limit().items() if k != "statement"}], "/spec/rules/0/statement", "required", None),
        (
            [over_limit(hooks=["acton"])],
            "/spec/rules/0/hooks/0",
            "this should be run.start, agent.call, action",
            "action",
        ),
        ([over_limit(hooks=[])], "/spec/rules/0/hooks", "at least 1", None),
        ([over_limit(effect="forbid")], "/spec/rules/0/effect", "this should be deny, require_approval", None),
        ([over_limit(approval=None)], "/spec/rules/0/approval", "say who is asked", None),
        ([over_limit(approval={"n_required": 1})], "/spec/rules/0/approval", "name who is asked", None),
        (
            [over_limit(approval={"users": ["ann"], "n_required": 2})],
            "/spec/rules/0/approval/n_required",
            "fewer users",
            None,
        ),
        ([over_limit(effect="deny")], "/spec/rules/0/approval", "nobody is asked", "effect: require_approval"),
        (
            [over_limit(params={"limit": {"type": "double", "value": "100"}})],
            "/spec/rules/0/params/limit/value",
            "is str, but the type is double",
            None,
        ),
        (
            [over_limit(params={"limit": {"type": "double", "value": True}})],
            "/spec/rules/0/params/limit/value",
            "is bool",
            None,
        ),
        (
            [over_limit(message_to_human="Above ${params.limti}")],
            "/spec/rules/0/message_to_human",
            "unknown name params.limti",
            "params.limit",
        ),
        ([small_is_fine(), small_is_fine()], "/spec/rules/1/key", "rule 1 already has the key small", None),
        ([small_is_fine(key="Not A Name")], "/spec/rules/0/key", "use lower-case letters", None),
        ([], "/spec/rules", "at least 1", None),
    ],
)
def test_problems_come_with_their_place(
    rules: list[dict[str, Any]], pointer: str, message: str, suggestion: str | None
) -> None:
    found = [problem for problem in validate(policy(*rules)) if problem.pointer == pointer]

    assert any(message in problem.message and problem.suggestion == suggestion for problem in found), found


def test_all_problems_come_at_once() -> None:
    spec = policy(
        over_limit(when="action.amout > 1 &&\n nobody"),
        small_is_fine(effect="maybe"),
        small_is_fine(statement="Up to ${params.most}"),
        ownr="support",
    )

    pointers = {(problem.pointer, problem.line) for problem in validate(spec)}

    assert pointers == {
        ("/spec/rules/0/when", 1),
        ("/spec/rules/0/when", 2),
        ("/spec/rules/1/effect", None),
        ("/spec/rules/2/statement", 1),
        ("/spec/ownr", None),
    }


@pytest.mark.parametrize("spec", [None, [], "text", {"rules": "none"}, {"rules": [None]}, {"rules": {"a": 1}}, {}])
def test_anything_else_is_a_problem_too(spec: object) -> None:
    assert validate(spec)


def test_what_a_version_says_cannot_be_changed_by_any_path(acme: Organization, enforce: Enforce) -> None:
    version = enforce(over_limit())
    decide(acme, refund(), subject="s")

    for attempt in (
        lambda: PolicyVersion.objects.filter(pk=version.pk).update(spec={"rules": []}),
        lambda: PolicyVersion.objects.filter(pk=version.pk).update(number=7),
        lambda: PolicyDecision.objects.update(outcome="allow"),
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            attempt()
