"""What the policies of the library do once they are enforced, and taking them as drafts."""

from datetime import datetime
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.engine.manifest import Manifest
from coordination.policies.errors import LibraryPolicyUnknown, PolicyNameTaken
from coordination.policies.library import Entry, entries
from coordination.policies.manifest import ExampleSpec, RuleSpec
from coordination.policies.models import Policy
from coordination.policies.selectors.library import taken_from_library
from coordination.policies.services import Decision, decide, publish, save_draft
from coordination.policies.services import deciding as decider
from coordination.policies.services.installing import install
from coordination.shared.manifests import ManifestInvalid
from tests.integration.policies.rules import EDITOR

RULES = [pytest.param(entry, rule, id=f"{entry.name}-{rule.key}") for entry in entries() for rule in entry.spec.rules]
each_rule = pytest.mark.parametrize(("entry", "rule"), RULES)


def enforce(organization: Organization, entry: Entry, **changes: Any) -> None:
    # An operator: some of these policies hold for changes of policies too.
    draft = save_draft(organization, entry.manifest.model_copy(update=changes), SYSTEM)
    publish(draft.policy, draft.number, SYSTEM)


def asked(
    organization: Organization, rule: RuleSpec, test: ExampleSpec, monkeypatch: pytest.MonkeyPatch, **more: Any
) -> Decision:
    """Decide the act that a test of a rule describes; the tool is a known one that reads unless the test says more."""
    facts = {"hook": min(rule.hooks), "org.slug": "acme", "action.known": True, "action.effect": "read", **test.given}
    if moment := facts.pop("now", None):
        monkeypatch.setattr(decider, "now", lambda: datetime.fromisoformat(moment))
    return decide(organization, facts | more, subject="s")


def named(reasons: Any) -> list[str]:
    return [reason.rule for reason in reasons]


@each_rule
def test_it_holds_and_does_not_hold_as_its_tests_say(
    acme: Organization, entry: Entry, rule: RuleSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    enforce(acme, entry)

    for test in rule.tests:
        row = asked(acme, rule, test, monkeypatch).row
        held = [match["rule"] for match in row.matched if match["code"] != "policy-error"]
        assert (rule.key in held) is test.expected, test.title


@pytest.mark.parametrize(("entry", "rule"), [one for one in RULES if one.values[1].effect == "deny"])
def test_what_it_forbids_does_not_happen(
    acme: Organization, entry: Entry, rule: RuleSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    enforce(acme, entry)

    for test in rule.tests:
        decision = asked(acme, rule, test, monkeypatch)
        assert (decision.outcome == "deny" and rule.key in named(decision.reasons)) is test.expected, test.title
        assert not decision.row.matched or decision.row.matched[0]["code"] == "rule"


@pytest.mark.parametrize(("entry", "rule"), [one for one in RULES if one.values[1].effect == "require_approval"])
def test_what_it_asks_about_waits_for_as_many_people_as_it_says(
    acme: Organization, entry: Entry, rule: RuleSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    enforce(acme, entry)
    assert rule.approval is not None

    for test in (one for one in rule.tests if one.expected):
        decision = asked(acme, rule, test, monkeypatch)
        assert decision.outcome == "require_approval", test.title
        assert rule.key in named(decision.reasons)
        assert decision.stage == rule.approval.stage


@pytest.mark.parametrize(("entry", "rule"), [one for one in RULES if one.values[1].effect == "limit"])
def test_a_limit_lets_through_what_fits_and_no_more(
    acme: Organization, entry: Entry, rule: RuleSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rule.limit is not None
    lower = rule.limit.model_copy(update={"max": 2})
    spec = {"rules": [rule.model_copy(update={"limit": lower}).model_dump(mode="json", exclude_none=True)]}
    enforce(acme, entry, spec=spec)
    test = next(one for one in rule.tests if one.expected)
    each = {"action.amount": 1.0} if rule.limit.of == "amount" else {}

    found = [asked(acme, rule, test, monkeypatch, **each) for _ in range(3)]

    assert [one.outcome for one in found] == ["allow", "allow", "deny"]
    assert found[-1].reasons[0].code == "limit"


@pytest.mark.parametrize(("entry", "rule"), [one for one in RULES if one.values[1].effect == "redact"])
def test_what_it_takes_out_is_gone(
    acme: Organization, entry: Entry, rule: RuleSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    enforce(acme, entry)

    for test in rule.tests:
        decision = asked(acme, rule, test, monkeypatch)
        assert decision.outcome == "allow"
        assert any(place.rule == rule.key for place in decision.places) is test.expected, test.title
        assert "1111" not in str(decision.content)
        assert "3704" not in str(decision.content)


@pytest.mark.parametrize(("entry", "rule"), [one for one in RULES if one.values[1].effect == "warn"])
def test_what_it_marks_happens_with_a_warning(
    acme: Organization, entry: Entry, rule: RuleSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    enforce(acme, entry)

    for test in rule.tests:
        decision = asked(acme, rule, test, monkeypatch)
        assert (rule.key in named(decision.warnings)) is test.expected, test.title
        assert decision.outcome == "allow" or not test.expected


def test_all_of_them_together_still_let_ordinary_work_happen(acme: Organization) -> None:
    for entry in entries():
        enforce(acme, entry)
    about = {"org.slug": "acme", "agent.name": "writer", "agent.authority": 2, "confidence": 0.9, "run.workflow": "w"}

    for act in (
        {"hook": "run.start"},
        {"hook": "agent.call", "capability": "write", "call.input": {"message": "Where is my parcel?"}},
        {"hook": "action", "action.name": "orders.look-up", "action.known": True, "action.effect": "read"},
        {"hook": "data.access", "data.name": "help", "data.classification": "public"},
        {"hook": "memory.write", "memory.key": "notes", "memory.value": "likes tea"},
        {"hook": "message", "message.recipient": "checker", "message.text": "Please check."},
        {"hook": "step.result", "result.output": {"text": "Soon."}},
    ):
        decision = decide(acme, about | act, subject="s")
        assert (decision.outcome, decision.warnings) == ("allow", ()), (act, decision.reasons)


def test_a_policy_is_taken_as_a_draft_that_holds_for_nobody(acme: Organization, globex: Organization) -> None:
    version = install(acme, "spend-per-action", EDITOR, owner="finance")

    assert (version.status, version.number, version.spec["owner"]) == ("draft", 1, "finance")
    assert version.policy.enforced is None
    assert version.policy.labels == {"topic": "spending", "library": "spend-per-action"}
    assert taken_from_library(acme) == {"spend-per-action": [version.policy]}
    assert taken_from_library(globex) == {}
    assert decide(acme, {"hook": "run.start"}, subject="s").row.versions == {}


def test_taking_a_policy_is_on_record(acme: Organization) -> None:
    install(acme, "spend-per-action", EDITOR)

    saved, installed = AuditEvent.objects.filter(organization=acme, stream="policies").order_by("stream_no")
    assert (saved.kind, installed.kind) == ("PolicySaved", "PolicyInstalled")
    assert installed.data["library"] == "spend-per-action"
    assert installed.object == "policy:spend-per-action"


def test_a_policy_of_the_same_name_is_never_written_over(acme: Organization) -> None:
    install(acme, "spend-per-action", EDITOR)
    mine = save_draft(acme, Manifest(kind="Policy", metadata={"name": "mine"}, spec=entries()[0].manifest.spec), EDITOR)

    for name in ("", "mine"):
        with pytest.raises(PolicyNameTaken, match="under another name"):
            install(acme, "spend-per-action", EDITOR, name=name)
    other = install(acme, "spend-per-action", EDITOR, name="spend-less")
    assert other.policy.name == "spend-less"
    assert [policy.name for policy in taken_from_library(acme)["spend-per-action"]] == [
        "spend-less",
        "spend-per-action",
    ]
    assert Policy.objects.get(name="mine").versions.get() == mine


def test_what_is_not_there_and_what_is_no_name_is_refused(acme: Organization) -> None:
    with pytest.raises(LibraryPolicyUnknown):
        install(acme, "nothing", EDITOR)
    with pytest.raises(ManifestInvalid, match="/metadata/name: use lower-case letters"):
        install(acme, "spend-per-action", EDITOR, name="Spend Less")
    assert not Policy.objects.exists()
