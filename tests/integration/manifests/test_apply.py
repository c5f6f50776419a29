"""Manifests come into force together or not at all."""

from pathlib import Path

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.agents.models import Agent, Role
from coordination.audit.models import AuditEvent
from coordination.manifests.applying import apply, load
from coordination.manifests.errors import NothingToApply, Refused
from coordination.manifests.planning import Action
from coordination.manifests.reading import read
from coordination.policies import services as policies
from coordination.policies.selectors import policy_named
from coordination.workflows.selectors import live_version
from tests.factories import make_organization
from tests.integration.manifests.support import WORLD


@pytest.fixture
def acme(db: None) -> Organization:
    return make_organization("acme")


def test_everything_comes_into_force_in_the_order_it_needs(acme: Organization) -> None:
    changes = apply(acme, read(WORLD), SYSTEM)
    assert [change.kind for change in changes] == ["Role", "Tool", "KnowledgeBase", "Agent", "Policy", "Workflow"]
    assert {change.action for change in changes} == {Action.CREATE}
    assert changes[-1].outcome == "published"
    assert live_version(acme, "greet").source.startswith("apiVersion: coordination/v1\nkind: Workflow")
    assert policy_named(acme, "careful").enforced is not None


def test_a_second_time_nothing_changes(acme: Organization) -> None:
    apply(acme, read(WORLD), SYSTEM)
    n_records = AuditEvent.objects.count()
    assert {change.action for change in apply(acme, read(WORLD), SYSTEM)} == {Action.UNCHANGED}
    assert AuditEvent.objects.count() == n_records


def test_a_dry_run_tells_the_same_and_changes_nothing(acme: Organization) -> None:
    changes = apply(acme, read(WORLD), SYSTEM, dry_run=True)
    assert len(changes) == 6
    assert not Role.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_change_is_told_field_by_field(acme: Organization) -> None:
    apply(acme, read(WORLD), SYSTEM)
    changed = WORLD.replace("Sending is free.", "Sending costs nothing.").replace("nine to five", "ten to six")
    by_name = {change.name: change for change in apply(acme, read(changed), SYSTEM)}
    (field,) = by_name["careful"].fields
    assert field.pointer == "/spec/rules/0/statement"
    assert (field.before, field.after) == ("Sending is free.", "Sending costs nothing.")
    assert by_name["facts"].action is Action.CHANGE
    assert by_name["echo"].action is Action.UNCHANGED


def test_what_was_taken_out_of_force_comes_back(acme: Organization) -> None:
    apply(acme, read(WORLD), SYSTEM)
    policies.disable(policy_named(acme, "careful"), SYSTEM)
    by_name = {change.name: change for change in apply(acme, read(WORLD), SYSTEM)}
    assert by_name["careful"].action is Action.CREATE
    assert policy_named(acme, "careful").enforced is not None


def test_one_mistake_anywhere_keeps_everything_out(acme: Organization) -> None:
    wrong = WORLD.replace("role: worker", "role: wroker").replace("adapter: {python: tests.acting.send}", "adaptor: {}")
    with pytest.raises(Refused) as refused:
        apply(acme, read(wrong, "world.yaml"), SYSTEM)
    told = [str(finding) for finding in refused.value.findings]
    assert any(line.startswith("world.yaml:") and "did you mean adapter?" in line for line in told)
    assert not Role.objects.exists()


def test_what_only_the_database_can_tell_has_its_place_too(acme: Organization) -> None:
    with pytest.raises(Refused) as refused:
        apply(acme, read(WORLD.replace("role: worker", "role: nobody"), "world.yaml"), SYSTEM)
    (finding,) = refused.value.findings
    assert "There is no role named nobody" in str(finding)
    assert finding.error.line is not None
    assert not Agent.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_mistake_in_an_expression_has_its_own_line_and_column(acme: Organization) -> None:
    wrong = WORLD.replace('text: "${steps.read.output.message}"', 'text: "Dear ${steps.raed.output.message}"')
    with pytest.raises(Refused) as refused:
        apply(acme, read(wrong, "world.yaml"), SYSTEM)
    (finding,) = refused.value.findings
    assert str(finding) == (
        "world.yaml:13:60: /spec/steps/1/action/args/text: there is no step raed; did you mean read?"
    )


def test_mistakes_are_told_in_the_order_of_the_file(acme: Organization) -> None:
    wrong = WORLD.replace("message: {type: string}", "message: {type: strin}").replace("needs: [read]", "needs: [x]")
    with pytest.raises(Refused) as refused:
        apply(acme, read(wrong.replace("${input.message}", "${input.mesage}"), "world.yaml"), SYSTEM)
    lines = [finding.error.line or 0 for finding in refused.value.findings]
    assert lines == sorted(lines)
    assert len(lines) == 4


def test_what_nobody_can_do_stops_all_of_it(acme: Organization) -> None:
    wrong = WORLD.replace("agent: {capability: work}", "agent: {capability: wrok}").replace(
        "tool: mail.send", "tool: mail"
    )
    with pytest.raises(Refused) as refused:
        apply(acme, read(wrong, "world.yaml"), SYSTEM)
    assert [str(finding) for finding in refused.value.findings] == [
        "world.yaml:9:15: /spec/steps/0/agent/capability: no agent has the capability wrok; did you mean work?",
        "world.yaml:13:16: /spec/steps/1/action/tool: there is no tool mail; did you mean mail.send?",
    ]
    assert not Role.objects.exists()


def test_workflows_that_call_each_other_come_in_any_order(acme: Organization) -> None:
    def calling(name: str, other: str, when: str = "") -> str:
        step = f"{{id: a, workflow: {{name: {other}}}{when}}}"
        return f"kind: Workflow\napiVersion: coordination/v1\nmetadata: {{name: {name}}}\nspec: {{steps: [{step}]}}\n"

    last = "kind: Workflow\napiVersion: coordination/v1\nmetadata: {name: c}\nspec: {steps: [{id: a, set: {}}]}\n"
    apply(acme, read("---\n".join([calling("a", "b"), calling("b", "c"), last])), SYSTEM)
    assert live_version(acme, "a").number == 1
    around = [calling("b", "c"), calling("c", "a", ', when: "${input.again}"')]
    apply(acme, read("---\n".join(around)), SYSTEM)
    with pytest.raises(Refused) as refused:
        apply(acme, read(calling("c", "a"), "c.yaml"), SYSTEM)
    assert str(refused.value.findings[0]) == (
        "c.yaml:4:35: /spec/steps/0/workflow/name: this calls itself without end: c → a → b → c; "
        "give one of the steps a condition"
    )


def test_the_same_name_twice_is_refused(acme: Organization) -> None:
    with pytest.raises(Refused, match="1 mistake") as refused:
        apply(acme, [*read(WORLD, "a.yaml"), *read(WORLD.split("---")[-1], "b.yaml")], SYSTEM)
    assert "Role worker is also in a.yaml" in str(refused.value.findings[0])


def test_an_unknown_kind_is_refused_with_the_one_that_was_meant(acme: Organization) -> None:
    with pytest.raises(Refused) as refused:
        apply(acme, read("apiVersion: coordination/v1\nkind: Agnet\nmetadata: {name: x}\nspec: {}", "x.yaml"), SYSTEM)
    assert str(refused.value.findings[0]).startswith("x.yaml:2:1: /kind: there is no kind Agnet")
    assert refused.value.findings[0].error.suggestion == "Agent"


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    for number, text in enumerate(WORLD.split("\n---\n")):
        (tmp_path / f"{number}.yaml").write_text(text)
    (tmp_path / "notes.txt").write_text("not a manifest: [")
    assert len(load(tmp_path)) == 6


def test_all_unreadable_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [")
    (tmp_path / "b.json").write_text("{")
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(Refused, match="3 mistakes"):
        load(tmp_path)


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(NothingToApply):
        load(tmp_path)


def test_organizations_do_not_see_each_other(acme: Organization) -> None:
    apply(acme, read(WORLD), SYSTEM)
    globex = make_organization("globex")
    assert {change.action for change in apply(globex, read(WORLD), SYSTEM)} == {Action.CREATE}
