"""Who is told what, from the record of what happened."""

from coordination.accounts.actors import Actor
from coordination.agents.services import suspend_agent
from coordination.approvals.services import claim, delegate, request_info
from coordination.notifications.models import InboxItem, Notice
from coordination.notifications.selectors import abouts, n_unread
from coordination.runs.services import stop_organization
from tests.integration.notifications.support import Told


def test_whoever_may_decide_is_told_and_nobody_else(told: Told) -> None:
    asker, reviewer = told.person("asker", "manager", "reviewer"), told.person("reviewer")
    auditor = told.person("auditor", "auditor")
    told.desk.asked(actor=Actor.of(asker))
    told.catch_up()
    assert told.inbox(reviewer) == ["approval.asked"]
    assert told.inbox(auditor) == []
    assert told.inbox(asker) == []


def test_what_was_told_is_not_told_again(told: Told) -> None:
    reviewer = told.person("reviewer")
    told.desk.asked()
    told.catch_up()
    told.catch_up()
    assert told.inbox(reviewer) == ["approval.asked"]


def test_a_decision_tells_whoever_asked_and_leaves_nothing_to_read_for_the_others(told: Told) -> None:
    asker, first, second = told.person("asker", "manager"), told.person("first"), told.person("second")
    run = told.desk.asked(actor=Actor.of(asker))
    told.catch_up()
    assert n_unread(second) == 1
    told.desk.answer(run, first)
    told.catch_up()
    assert told.unread(second) == []
    assert InboxItem.objects.get(member=second).settled_by == "approved by first"
    assert told.unread(asker) == ["approval.decided"]


def test_who_gave_one_of_two_votes_is_done_and_the_other_is_not(told: Told) -> None:
    told.desk.world.policy(
        "two", when="true", effect="require_approval", approval={"role": "reviewer", "n_required": 2}
    )
    first, second = told.person("first"), told.person("second")
    run = told.desk.asked()
    told.catch_up()
    told.desk.answer(run, first)
    told.catch_up()
    assert told.unread(first) == []
    assert told.unread(second) == ["approval.asked"]


def test_the_next_stage_is_asked_when_it_opens(told: Told) -> None:
    told.desk.world.policy(
        "chain", when="true", effect="require_approval",
        approval={"stages": [{"role": "reviewer"}, {"group": "lead"}]},
    )  # fmt: skip
    reviewer, lead = told.person("reviewer"), told.person("lead", "admin", groups=("lead",))
    run = told.desk.asked()
    told.catch_up()
    assert told.inbox(lead) == []
    told.desk.answer(run, reviewer)
    told.catch_up()
    assert told.inbox(lead) == ["approval.asked"]


def test_an_edit_asks_anew(told: Told) -> None:
    first, second = told.person("first"), told.person("second")
    run = told.desk.asked()
    told.catch_up()
    told.desk.answer(run, first, "edit", parameters={"text": "Dear Ann", "amount": 60})
    told.catch_up()
    assert told.inbox(second) == ["approval.asked", "approval.asked"]
    assert told.unread(second) == ["approval.asked"]
    assert told.unread(first) == []


def test_whom_it_is_handed_to_is_told(told: Told) -> None:
    told.desk.world.policy("named", when="true", effect="require_approval", approval={"users": ["first"]})
    first, second = told.person("first"), told.person("second")
    run = told.desk.asked()
    asked = told.desk.question(run)
    delegate(asked, first, "second", "On leave", asked.revision)
    told.catch_up()
    assert "approval.asked" in told.inbox(second)


def test_a_claim_leaves_the_question_and_says_who_is_at_it(told: Told) -> None:
    first, second = told.person("first"), told.person("second")
    run = told.desk.asked()
    told.catch_up()
    claim(told.desk.question(run), first)
    told.catch_up()
    [item] = InboxItem.objects.filter(member=second).select_related("notice")
    assert item.is_unread
    assert abouts(told.organization, [item.notice])[item.notice_id].holder == "first"


def test_asking_back_reaches_whoever_asked(told: Told) -> None:
    asker, reviewer = told.person("asker", "manager"), told.person("reviewer")
    run = told.desk.asked(actor=Actor.of(asker))
    asked = told.desk.question(run)
    request_info(asked, reviewer, "Which order?", asked.revision)
    told.catch_up()
    assert told.inbox(asker) == ["approval.info"]


def test_a_failed_run_reaches_whoever_started_it(told: Told) -> None:
    asker, other = told.person("asker", "manager"), told.person("other", "manager")
    reviewer = told.person("reviewer")
    run = told.desk.asked(actor=Actor.of(asker))
    told.desk.answer(run, reviewer, "reject")
    told.desk.world.work(run)
    told.catch_up()
    assert "run.failed" in told.inbox(asker)
    assert told.inbox(other) == []


def test_a_stopped_agent_and_a_stopped_house_reach_those_with_the_brake_but_not_who_pulled_it(told: Told) -> None:
    admin, manager = told.person("admin", "admin"), told.person("manager", "manager")
    reviewer = told.person("reviewer")
    suspend_agent(told.organization, "planner", Actor.of(admin), "odd")
    stop_organization(told.organization, Actor.of(admin), "odd")
    told.catch_up()
    assert told.inbox(manager) == ["agent.suspended", "stop.pulled"]
    assert told.inbox(admin) == []
    assert told.inbox(reviewer) == []


def test_another_organization_is_told_nothing(told: Told) -> None:
    from tests.factories import make_member, make_organization

    stranger = make_member(make_organization("globex"), "stranger", ["reviewer", "admin", "manager"])
    told.person("reviewer")
    told.desk.asked()
    told.catch_up()
    assert told.inbox(stranger) == []
    assert {notice.organization_id for notice in Notice.objects.all()} == {told.organization.pk}


def test_no_notice_keeps_what_an_action_says(told: Told) -> None:
    told.person("reviewer")
    run = told.desk.asked()
    told.catch_up()
    [notice] = Notice.objects.all()
    kept = " ".join(str(getattr(notice, field.attname)) for field in Notice._meta.concrete_fields)
    assert told.desk.question(run).parameters["text"] not in kept
    assert notice.title == ""
