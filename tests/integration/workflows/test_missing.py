"""What a workflow asks for must be there when it is published, not while it is a draft."""

from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.accounts.services import add_member
from coordination.agents.models import Agent, AgentStatus, Tool
from coordination.agents.services import save_agent, save_role, save_tool
from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.manifest import Manifest
from coordination.manifests.applying import apply
from coordination.manifests.errors import Refused
from coordination.manifests.reading import read
from coordination.shared.manifests import ManifestInvalid
from coordination.workflows.missing import missing
from coordination.workflows.models import WorkflowVersion
from coordination.workflows.selectors import live_version
from coordination.workflows.services import bring_into_force, publish, save_draft
from tests.factories import make_organization


def manifest(kind: str, name: str, spec: dict[str, Any]) -> Manifest:
    return Manifest.model_validate({"kind": kind, "metadata": {"name": name}, "spec": spec})


@pytest.fixture
def acme(db: None) -> Organization:
    organization = make_organization("acme")
    save_role(organization, manifest("Role", "writer", {}), SYSTEM)
    agent = {"role": "writer", "capabilities": ["write.reply"], "adapter": {"python": "tests.acting.echo"}}
    save_agent(organization, manifest("Agent", "ada", agent), SYSTEM)
    save_tool(organization, manifest("Tool", "mail.send", {"adapter": {"python": "tests.acting.send"}}), SYSTEM)
    add_member(organization, "rita", ["reviewer"], groups=["legal"])
    return organization


def told(organization: Organization, *steps: dict[str, Any], name: str = "flow") -> list[tuple[str, str, str | None]]:
    spec = WorkflowSpec.model_validate({"steps": [{"id": f"s{at}", **step} for at, step in enumerate(steps)]})
    return [(one.pointer, one.message, one.suggestion) for one in missing(organization, name, spec)]


def workflow(organization: Organization, name: str, *steps: dict[str, Any], live: bool = True) -> None:
    said = {"steps": [{"id": f"s{at}", **step} for at, step in enumerate(steps)]}
    draft = save_draft(organization, manifest("Workflow", name, said), SYSTEM)
    if live:
        bring_into_force(organization, name, draft.number, SYSTEM)


@pytest.mark.parametrize(
    ("step", "message", "suggestion"),
    [
        ({"agent": {"name": "ida"}}, "there is no agent ida", "ada"),
        ({"agent": {"capability": "write.replies"}}, "no agent has the capability write.replies", "write.reply"),
        ({"agent": {"role": "writter"}}, "no agent has the role writter", "writer"),
        ({"agent": {"name": "ada", "fallback": [{"name": "bob"}]}}, "there is no agent bob", None),
        ({"action": {"tool": "mail.sent"}}, "there is no tool mail.sent", "mail.send"),
        ({"map": {"over": [], "action": {"tool": "fax"}}}, "there is no tool fax", None),
        ({"workflow": {"name": "other"}}, "there is no workflow other", None),
        ({"approval": {"title": "?", "users": ["rite"]}}, "there is nobody called rite here", "rita"),
        (
            {"approval": {"title": "?", "role": "manager"}},
            "there is nobody with the role manager here, so nobody could answer",
            None,
        ),
        (
            {"approval": {"title": "?", "group": "sales"}},
            "there is nobody in the group sales here, so nobody could answer",
            None,
        ),
        (
            {"approval": {"title": "?", "role": "admin", "group": "legal"}},
            "there is nobody with the role admin in the group legal here, so nobody could answer",
            None,
        ),
    ],
)
def test_what_is_not_there_is_told_with_what_was_meant(
    acme: Organization, step: dict[str, Any], message: str, suggestion: str | None
) -> None:
    ((_, said, meant),) = told(acme, step)
    assert (said, meant) == (message, suggestion)


@pytest.mark.parametrize(
    ("question", "place", "who"),
    [
        ({"role": "manager"}, "role", "those with the role manager"),
        ({"role": "auditor", "group": "legal"}, "role", "those with the role auditor in the group legal"),
        ({"group": "finance"}, "group", "those in the group finance"),
        ({"users": ["mona", "otto"]}, "users", "mona and otto"),
        ({"role": "manager", "users": ["otto"]}, "role", "those with the role manager"),
    ],
)
def test_a_question_to_people_none_of_whom_may_decide_is_refused(
    acme: Organization, question: dict[str, Any], place: str, who: str
) -> None:
    add_member(acme, "mona", ["manager"], groups=["finance"])
    add_member(acme, "otto", ["auditor"], groups=["legal"])
    ((pointer, said, _),) = told(acme, {"approval": {"title": "?", **question}})
    assert pointer == f"/spec/steps/0/approval/{place}"
    assert said.startswith(f"{who} may not decide, so nobody could answer: that takes the role reviewer")


@pytest.mark.parametrize("question", [{"role": "manager"}, {"users": ["otto", "rita"]}, {"group": "finance"}])
def test_one_of_those_who_are_asked_must_be_allowed_to_decide(acme: Organization, question: dict[str, Any]) -> None:
    add_member(acme, "otto", ["auditor"])
    add_member(acme, "mona", ["manager"], groups=["finance"])
    add_member(acme, "mara", ["manager", "reviewer"], groups=["finance"])
    assert told(acme, {"approval": {"title": "?", **question}}) == []


def test_more_people_must_not_agree_than_may_decide(acme: Organization) -> None:
    asked = {"approval": {"title": "?", "role": "reviewer", "n_required": 3}}
    assert told(acme, asked) == [
        (
            "/spec/steps/0/approval/n_required",
            "3 people must agree, but only 1 person here may decide anything",
            None,
        )
    ]
    add_member(acme, "rosa", ["reviewer"])
    add_member(acme, "rolf", ["reviewer"])
    assert told(acme, asked) == []


def test_what_is_said_of_people_has_its_line_and_column(acme: Organization) -> None:
    add_member(acme, "mona", ["manager"])
    text = """apiVersion: coordination/v1
kind: Workflow
metadata: {name: flow}
spec:
  steps:
    - id: ask
      approval:
        title: Well?
        role: manager
"""
    with pytest.raises(Refused) as refused:
        apply(acme, read(text), SYSTEM)
    (error,) = refused.value.errors
    assert (error.line, error.column, "may not decide" in error.message) == (9, 9, True)


def test_what_is_there_is_not_told(acme: Organization) -> None:
    workflow(acme, "other", {"set": {}})
    Agent.objects.update(status=AgentStatus.SUSPENDED)  # It may come back before a run needs it.
    found = told(
        acme,
        {"agent": {"capability": "write.reply", "fallback": [{"role": "writer"}, {"name": "ada"}]}},
        {"action": {"tool": "mail.send"}},
        {"workflow": {"name": "other"}},
        {"approval": {"title": "?", "role": "reviewer", "group": "legal"}},
        {"approval": {"title": "?", "role": "admin", "users": ["rita"]}},
    )
    assert found == []


def test_another_organizations_things_are_not_there(acme: Organization) -> None:
    workflow(acme, "other", {"set": {}})
    globex = make_organization("globex")
    steps: list[dict[str, Any]] = [
        {"agent": {"name": "ada"}},
        {"action": {"tool": "mail.send"}},
        {"workflow": {"name": "other"}},
        {"approval": {"title": "?", "users": ["rita"]}},
    ]
    assert [suggestion for _, _, suggestion in told(globex, *steps)] == [None] * 4


def test_a_workflow_that_is_not_published_cannot_be_called(acme: Organization) -> None:
    workflow(acme, "other", {"set": {}}, live=False)
    assert told(acme, {"workflow": {"name": "other"}}) == [
        ("/spec/steps/0/workflow/name", "workflow other has no published version yet: publish it first", None)
    ]


def test_a_workflow_may_come_back_to_itself_but_not_every_time(acme: Organization) -> None:
    workflow(acme, "b", {"workflow": {"name": "flow"}, "when": "${input.again}"})
    workflow(acme, "c", {"workflow": {"name": "flow"}})
    assert told(acme, {"workflow": {"name": "flow"}, "when": "${input.again}"}, {"workflow": {"name": "b"}}) == []
    end = "give one of the steps a condition"
    assert told(acme, {"workflow": {"name": "flow"}}, {"loop": {"until": "true", "workflow": {"name": "c"}}}) == [
        ("/spec/steps/0/workflow/name", f"this calls itself without end: flow → flow; {end}", None),
        ("/spec/steps/1/loop/workflow/name", f"this calls itself without end: flow → c → flow; {end}", None),
    ]


def test_a_draft_may_ask_for_what_is_still_to_come_and_is_published_once_it_is_there(acme: Organization) -> None:
    workflow(acme, "flow", {"action": {"tool": "fax"}}, live=False)
    with pytest.raises(ManifestInvalid, match="there is no tool fax"):
        publish(acme, "flow", 1, SYSTEM)
    save_tool(acme, manifest("Tool", "fax", {"adapter": {"python": "tests.acting.send"}}), SYSTEM)
    publish(acme, "flow", 1, SYSTEM)
    assert live_version(acme, "flow").number == 1
    # What is live is not asked again.
    Tool.objects.filter(name="fax").delete()
    assert publish(acme, "flow", 1, SYSTEM).number == 1


def test_what_was_saved_when_less_was_asked_is_looked_at_again(acme: Organization) -> None:
    workflow(acme, "flow", {"set": {}}, live=False)
    WorkflowVersion.objects.update(spec={"steps": [{"id": "a", "set": {"x": "${nobody.knows}"}}]})
    with pytest.raises(ManifestInvalid, match="unknown name nobody"):
        publish(acme, "flow", 1, SYSTEM)
