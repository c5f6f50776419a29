"""What people do through the API is asked of policies too: before it is done, and on record when it is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.agents.models import Agent
from coordination.audit.models import AuditEvent
from coordination.engine.manifest import Manifest, Metadata
from coordination.policies.errors import ActDenied
from coordination.policies.models import Policy, PolicyDecision
from coordination.policies.services import publish, save_draft
from coordination.runs.models import Run
from tests.integration.api.support import Caller

Forbid = Callable[..., None]
ROLE = {"metadata": {"name": "helper"}, "spec": {"capabilities": ["help"]}}
RULES = {"rules": [{"key": "r", "statement": "It says so.", "when": "true", "effect": "warn"}]}
MINE = {"metadata": {"name": "mine"}, "spec": RULES}


@pytest.fixture
def forbid(acme: Organization) -> Forbid:
    def forbidden(hook: str, when: str = "true") -> None:
        rule = {"key": "no", "statement": "Not today.", "hooks": [hook], "when": when, "effect": "deny"}
        said = Manifest(kind="Policy", metadata=Metadata(name="no"), spec={"rules": [rule]})
        draft = save_draft(acme, said, SYSTEM)
        publish(draft.policy, draft.number, SYSTEM)

    return forbidden


def refused(answer: Any) -> bool:
    """Tell whether policies refused it, in the rule's words, and a decision and a record say so."""
    if answer.status_code != 403:
        return False
    said = answer.json()
    assert (said["code"], said["detail"]) == ("policy-denied", "Policy does not allow this: Not today.")
    decision = PolicyDecision.objects.latest("id")
    assert (decision.outcome, decision.reasons[0]["rule"]) == ("deny", "no")
    record = AuditEvent.objects.get(kind="ActDenied")
    assert (record.data["policy_decision"], record.object) == (str(decision.pk), decision.subject)
    return True


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
def test_starting_a_run(manager: Caller, forbid: Forbid, headers: dict[str, str]) -> None:
    forbid("run.start")

    assert refused(manager.post("runs/", {"workflow": "greet", "input": {"message": "hi"}}, **headers))
    assert not Run.objects.exists()


def test_making_a_role(admin: Caller, forbid: Forbid) -> None:
    forbid("agent.change", when="change.kind == 'role' && change.verb == 'save' && size(change.spec) > 0")

    assert refused(admin.post("roles/", ROLE))
    assert admin.get("roles/helper/").status_code == 404


def changed(admin: Caller) -> Any:
    said = admin.get("agents/echo/").json()
    return admin.put("agents/echo/", {**said, "spec": {**said["spec"], "priority": 7}})


CHANGES: dict[str, Callable[[Caller], Any]] = {
    "save": changed,
    "remove": lambda admin: admin.delete("agents/echo/"),
    "resume": lambda admin: admin.post("agents/echo/resume/", {}),
}


@pytest.mark.parametrize("verb", CHANGES)
def test_each_change_of_an_agent(admin: Caller, forbid: Forbid, verb: str) -> None:
    if verb == "resume":
        admin.post("agents/echo/suspend/", {"reason": "It went astray."})
    before = Agent.objects.values("version", "status").get(name="echo")
    forbid("agent.change", when=f"change.kind == 'agent' && change.verb == '{verb}' && change.name == 'echo'")

    assert refused(CHANGES[verb](admin))
    assert Agent.objects.values("version", "status").get(name="echo") == before


def test_taking_an_agent_out_of_work_is_never_held_up(admin: Caller, forbid: Forbid) -> None:
    forbid("agent.change", when="facts.missing == 'an error'")

    assert admin.post("agents/echo/suspend/", {"reason": "It went astray."}).status_code == 200


def test_drafting_a_policy(admin: Caller, forbid: Forbid) -> None:
    forbid("policy.change", when="change.verb == 'draft' && change.by == 'admin'")

    assert refused(admin.post("policies/", MINE))
    assert not Policy.objects.filter(name="mine").exists()


def test_a_version_that_lifts_the_rule_is_judged_by_the_rule(admin: Caller, forbid: Forbid, acme: Organization) -> None:
    forbid("policy.change", when="change.verb == 'publish'")
    milder = Manifest(kind="Policy", metadata=Metadata(name="no"), spec=RULES)
    draft = save_draft(acme, milder, SYSTEM)

    with pytest.raises(ActDenied, match="Not today"):
        publish(draft.policy, draft.number, Actor.of(admin.member))

    policy = Policy.objects.get(name="no")
    assert policy.enforced is not None
    assert policy.enforced.number == 1
    # Whoever runs this gets out of it at the shell.
    assert publish(policy, draft.number, SYSTEM).number == 2
