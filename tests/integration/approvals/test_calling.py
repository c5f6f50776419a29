"""Clocks, reminders, the next level, the person on duty, and what silence means."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest

from coordination.accounts.actors import Actor
from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest, State
from coordination.approvals.question import Stage
from coordination.approvals.selectors import get_request, may_decide, rules_of
from coordination.approvals.services import calling
from coordination.audit.models import AuditEvent
from coordination.shared.manifests import ManifestInvalid
from tests.factories import make_member
from tests.integration.approvals.conftest import Ask, Cast, stand_in

CALLS = ("ApprovalReminded", "ApprovalEscalated", "ApprovalDutyCalled")


def rule(cast: Cast, **parts: Any) -> None:
    """Change parts of the organization's rules."""
    for name, spec in parts.items():
        services.set_part(cast.organization, name, spec, Actor.of(cast.admin))


def on_duty(*people: str) -> dict[str, Any]:
    return {"people": list(people), "turn": "week", "since": "2026-01-05"}


def wait(request: ApprovalRequest, minutes: int) -> ApprovalRequest:
    """Let so much time go by since the question was asked, as far as calls go."""
    services.make_calls(request.created_at + timedelta(minutes=minutes))
    return get_request(request.organization, request.pk)


def called(since: int = 0) -> list[tuple[str, str, list[str]]]:
    found = AuditEvent.objects.filter(kind__in=CALLS).order_by("id")
    return [(event.kind, event.data["call"], event.data["to"]) for event in found][since:]


@pytest.mark.parametrize(
    ("band", "minutes"),
    [("critical", (5, 15, 60)), ("high", (15, 60, 240)), ("medium", (60, 480, 1440)), ("low", (240, 1440, 4320))],
)
def test_clocks_run_by_what_is_at_risk(ask: Ask, band: str, minutes: tuple[int, int, int]) -> None:
    request = ask(risk_band=band)
    wanted = [request.created_at + timedelta(minutes=one) for one in minutes]
    assert [request.acknowledge_by, request.due_at, request.expires_at] == wanted
    assert request.promised_at == request.due_at


def test_clocks_stand_still_while_nobody_works(cast: Cast, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    friday = datetime(2026, 3, 6, 16, 30, tzinfo=UTC)
    monkeypatch.setattr(import_module("coordination.approvals.services.ask"), "now", lambda: friday)
    services.set_hours(cast.organization, "", {"zone": "UTC"}, Actor.of(cast.admin))
    services.set_hours(
        cast.organization, "group:lead", {"zone": "UTC", "saturday": "10:00-14:00"}, Actor.of(cast.admin)
    )
    assert ask(risk_band="high").due_at == datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
    leads = ask(subject="run:1/step:b", risk_band="high", stage=Stage(role="reviewer", group="lead"))
    assert leads.due_at == datetime(2026, 3, 7, 10, 30, tzinfo=UTC)
    # For what is critical somebody is there at any hour.
    assert ask(subject="run:1/step:c", risk_band="critical").due_at == friday + timedelta(minutes=15)
    # A time of its own to expire goes by as time does.
    own = ask(subject="run:1/step:d", risk_band="high", expires_in=timedelta(hours=1))
    assert own.due_at == own.expires_at == friday + timedelta(hours=1)


def test_an_organization_sets_its_own_clocks(cast: Cast, ask: Ask) -> None:
    quick = {"acknowledge": "1m", "decide": "2m", "expire": "3m"}
    rule(cast, clocks={"low": quick})
    request = ask(risk_band="low")
    assert request.due_at == request.created_at + timedelta(minutes=2)
    assert ask(subject="run:1/step:b", risk_band="high").due_at > request.due_at


def test_people_are_reminded_then_the_next_level_is_asked_then_the_one_on_duty(cast: Cast, ask: Ask) -> None:
    rule(cast, duty=on_duty("admin"))
    request = ask(risk_band="high")
    wait(request, 14)
    assert called() == []
    wait(request, 15)
    assert called() == [("ApprovalReminded", "take_up", ["lead", "reviewer", "second"])]
    wait(request, 30)
    assert called(1) == [("ApprovalReminded", "remind", ["lead", "reviewer", "second"])]
    raised = wait(request, 60)
    assert called(2) == [("ApprovalEscalated", "raise", ["lead"])]
    assert raised.escalation_level == 1
    assert may_decide(raised, cast.reviewer) is not None
    assert may_decide(raised, cast.lead) is None
    late = wait(request, 90)
    assert called(3) == [("ApprovalDutyCalled", "duty", ["admin"])]
    assert may_decide(late, cast.admin) is None
    for minutes in (120, 150, 180, 210, 235):
        wait(request, minutes)
    # Three times more, then only silence is left.
    assert called(4) == [("ApprovalDutyCalled", "duty", ["admin"])] * 3


def test_looking_again_calls_nobody_twice(ask: Ask) -> None:
    request = ask(risk_band="high")
    for _ in range(3):
        wait(request, 61)
    assert len(called()) == 1


def test_after_a_long_absence_only_what_still_helps_is_done(cast: Cast, ask: Ask) -> None:
    rule(cast, duty=on_duty("admin"))
    wait(ask(risk_band="high"), 175)
    assert [call for _, call, _ in called()] == ["raise", "duty"]


def test_what_is_answered_is_left_alone(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="high")
    services.decide(request, cast.reviewer, "approve", "ok", 1)
    wait(request, 500)
    assert called() == []


def test_who_took_it_up_is_not_asked_to(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="high")
    services.claim(request, cast.reviewer)
    wait(request, 16)
    assert called() == []
    wait(request, 31)
    assert [call for _, call, _ in called()] == ["remind"]


def test_whoever_works_on_it_when_it_is_handed_up_may_finish(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="high")
    services.claim(request, cast.reviewer)
    ApprovalRequest.objects.update(claimed_until=request.created_at + timedelta(minutes=65))
    raised = wait(request, 60)
    assert may_decide(raised, cast.reviewer) is None
    assert may_decide(raised, cast.second) is not None


def test_whoever_asked_back_is_not_reminded(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="high")
    services.request_info(request, cast.reviewer, "Why?", 1)
    wait(request, 31)
    assert called() == []


def test_reminders_reach_who_stands_in(cast: Cast, ask: Ask) -> None:
    stand_in(cast.lead, cast.admin)
    wait(ask(risk_band="high", stage=Stage(group="lead")), 30)
    assert called() == [("ApprovalReminded", "remind", ["admin", "lead"])]


def test_levels_follow_each_other(cast: Cast, ask: Ask) -> None:
    make_member(cast.organization, "chief", groups=["board"])
    rule(cast, levels=[{"group": "lead"}, {"group": "board"}])
    request = ask(risk_band="high")
    services.escalate(request, cast.reviewer, "too much for me", 1)
    raised = wait(request, 60)
    assert (raised.stage["group"], raised.escalation_level) == ("board", 2)


@pytest.mark.parametrize("stage", [Stage(role="reviewer", group="lead"), Stage(role="admin")])
def test_where_nobody_is_above_those_asked_are_told_once_more(cast: Cast, ask: Ask, stage: Stage) -> None:
    request = wait(ask(risk_band="high", stage=stage), 60)
    assert request.escalation_level == 0
    assert [(kind, call) for kind, call, _ in called()] == [("ApprovalReminded", "raise")]


def test_a_level_with_nobody_in_it_leaves_the_question_where_it_is(cast: Cast, ask: Ask) -> None:
    rule(cast, levels=[{"group": "board"}])
    request = wait(ask(risk_band="high"), 60)
    assert request.stage["role"] == "reviewer"
    assert may_decide(request, cast.reviewer) is None


def test_every_open_stage_is_put_higher(ask: Ask) -> None:
    both = [Stage(role="reviewer", group=""), Stage(users=["second"], parallel=True)]
    request = wait(ask(risk_band="high", stages=both), 60)
    assert [request.stage["group"], request.also_open[0]["group"]] == ["lead", "lead"]
    assert request.escalation_level == 1


def test_where_nobody_is_on_duty_the_admins_are_told_and_decide_no_more_than_before(cast: Cast, ask: Ask) -> None:
    request = wait(ask(risk_band="high"), 95)
    assert called()[-1] == ("ApprovalDutyCalled", "duty", ["admin"])
    assert may_decide(request, cast.admin) is not None


def test_the_one_on_duty_who_asked_for_it_is_only_told(cast: Cast, ask: Ask) -> None:
    rule(cast, duty=on_duty("lead"))
    request = wait(ask(risk_band="high", on_behalf_of="user:lead"), 95)
    assert called()[-1][2] == ["lead"]
    assert may_decide(request, cast.lead) is not None


def test_an_exercise_is_put_to_nobody_else(ask: Ask) -> None:
    request = ask(risk_band="high", is_synthetic=True)
    wait(request, 31)
    assert wait(request, 235).escalation_level == 0
    assert [call for _, call, _ in called()] == ["remind"]


def test_one_question_that_goes_wrong_silences_no_other(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = ask(risk_band="high"), ask(subject="run:1/step:b", risk_band="high")
    known = calling.people_asked

    def people_asked(request: ApprovalRequest) -> Any:
        if request.pk == broken.pk:
            raise ValueError("no")
        return known(request)

    monkeypatch.setattr(calling, "people_asked", people_asked)
    wait(sound, 31)
    assert [event.object for event in AuditEvent.objects.filter(kind="ApprovalReminded")] == [f"approval:{sound.pk}"]
    monkeypatch.undo()
    wait(broken, 40)
    assert len(called()) == 2


def test_calls_are_on_record_with_what_they_changed(cast: Cast, ask: Ask) -> None:
    wait(ask(risk_band="high"), 60)
    event = AuditEvent.objects.get(kind="ApprovalEscalated")
    assert (event.actor, event.data["level"]) == ("system:coordination", 1)
    assert event.data["stage"]["group"] == "lead"
    assert [one["role"] for one in event.data["stages_before"]] == ["reviewer"]


LAPSED = {"expires_in": timedelta(seconds=-1), "tool_version": 1}


def test_silence_is_never_consent_unless_the_organization_says_so(cast: Cast, ask: Ask) -> None:
    (closed,) = services.expire(ask(**LAPSED), may_pass=True)
    assert closed.state == State.EXPIRED
    rule(cast, unattended=True)
    (passed,) = services.expire(ask(subject="run:1/step:b", **LAPSED), may_pass=True)
    assert (passed.state, passed.is_unattended) == (State.APPROVED, True)
    assert AuditEvent.objects.get(kind="ApprovalUnattended").data["label"] == "no human"
    services.consume(passed.pk, passed.action_digest)


@pytest.mark.parametrize(
    "changes",
    [
        {"risk_band": "medium"},
        {"reversibility": "compensable"},
        {"timeout_action": "fallback"},
        {"timeout_action": "return"},
        {"is_synthetic": True},
        {"tool_version": None},
        {"subject": "guard:1"},
    ],
)
def test_what_is_risky_or_stays_or_says_otherwise_never_passes_by_silence(
    cast: Cast, ask: Ask, changes: dict[str, Any]
) -> None:
    rule(cast, unattended=True)
    (closed,) = services.expire(ask(**(LAPSED | changes)), may_pass=True)
    assert closed.state == State.EXPIRED


def test_what_somebody_objected_to_or_asked_about_never_passes_by_silence(cast: Cast, ask: Ask) -> None:
    rule(cast, unattended=True)
    opposed = ask(stage=Stage(role="reviewer", deny_threshold=2), tool_version=1)
    services.decide(opposed, cast.reviewer, "reject", "no", 1)
    asked = ask(subject="run:1/step:b", tool_version=1)
    services.request_info(asked, cast.reviewer, "Why?", 1)
    for request in (opposed, asked):
        ApprovalRequest.objects.filter(pk=request.pk).update(expires_at=request.created_at)
        (closed,) = services.expire(request, may_pass=True)
        assert closed.state == State.EXPIRED


def test_rules_are_versions_on_record_and_others_stay_as_they_were(cast: Cast) -> None:
    rule(cast, duty=on_duty("admin"), load={"open": 7})
    rules = rules_of(cast.organization.pk)
    assert (rules.duty.people, rules.duty.since, rules.load.open) == (("admin",), date(2026, 1, 5), 7)
    last = AuditEvent.objects.filter(kind="QueueRulesChanged").latest("id")
    assert (last.data["version"], list(last.data["changed"])) == (2, ["load"])
    assert rules_of(cast.stranger.organization_id).load.open == 25


def test_only_members_take_turns_on_duty(cast: Cast) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        rule(cast, duty=on_duty("admin", "stranger"))
    assert [error.pointer for error in refused.value.errors] == ["/duty/people/1"]
