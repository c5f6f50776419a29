"""A question holds all a person needs, and its digest binds one exact action."""

from datetime import timedelta

import pytest

from coordination.accounts.actors import Actor
from coordination.approvals import selectors, services
from coordination.approvals.models import ApprovalRequest, State
from coordination.approvals.question import Stage
from coordination.audit.selectors import history
from coordination.engine.proof.canonical import NotCanonical
from coordination.engine.proof.digest import action_digest
from tests.integration.approvals.conftest import RUN, SUBJECT, Ask, Cast


def test_the_digest_is_that_of_the_exact_action(cast: Cast, ask: Ask) -> None:
    request = ask(tool_version=2, idempotency_key="run/send")
    assert request.action_digest == action_digest(
        organization=str(cast.organization.id),
        agent="writer",
        agent_version=3,
        on_behalf_of="user:manager",
        operation="payments.refund",
        tool_version=2,
        resource="",
        parameters={"order": "17", "amount": 20},
        idempotency_key="run/send",
    )


def test_the_digest_survives_the_database(ask: Ask) -> None:
    parameters = {"a": 1.0, "b": -0.0, "c": 0.1, "d": "ä😀", "e": [None, True, {"f": 12345678901234.5}]}
    request = ask(parameters=parameters)
    kept = ApprovalRequest.objects.get()
    assert kept.digest_for(kept.parameters) == request.action_digest


def test_what_cannot_be_bound_cannot_be_asked(ask: Ask) -> None:
    with pytest.raises(NotCanonical):
        ask(parameters={"amount": float("nan")})
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize(
    ("band", "due", "expires"),
    [
        ("critical", timedelta(minutes=15), timedelta(hours=1)),
        ("high", timedelta(hours=1), timedelta(hours=4)),
        ("medium", timedelta(hours=8), timedelta(hours=24)),
        ("low", timedelta(hours=24), timedelta(hours=72)),
    ],
)
def test_risk_decides_how_soon(ask: Ask, band: str, due: timedelta, expires: timedelta) -> None:
    request = ask(risk_band=band)
    assert (request.due_at - request.created_at, request.expires_at - request.created_at) == (due, expires)


def test_a_shorter_life_also_shortens_the_time_to_decide(ask: Ask) -> None:
    request = ask(expires_in=timedelta(minutes=5))
    assert request.due_at == request.expires_at == request.created_at + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("stage", "kept", "words"),
    [
        (Stage(), {"role": "reviewer", "group": "", "users": [], "n_required": 1}, "any reviewer"),
        (Stage(users=["lead"]), {"role": "", "group": "", "users": ["lead"], "n_required": 1}, "lead"),
        (
            Stage(group="support", users=["lead"], n_required=2),
            {"role": "", "group": "support", "users": ["lead"], "n_required": 2},
            "lead, any member of the group support",
        ),
        (Stage(n_required=0), {"role": "reviewer", "group": "", "users": [], "n_required": 1}, "any reviewer"),
    ],
)
def test_a_stage_says_who_is_asked(ask: Ask, stage: Stage, kept: dict[str, object], words: str) -> None:
    request = ask(stage=stage)
    assert request.stage == Stage().as_json() | kept
    assert selectors.asked_of(request) == words


def test_a_person_who_asks_is_the_requester(cast: Cast, ask: Ask) -> None:
    assert ask(Actor.of(cast.reviewer)).requested_by_id == cast.reviewer.user_id


def test_asking_is_on_record_in_the_stream_of_its_run(cast: Cast, ask: Ask) -> None:
    request = ask(reasons=[{"policy": "refund-limits", "version": 2, "rule": "large"}])
    event = history(cast.organization, RUN).get()
    assert (event.kind, event.actor, event.on_behalf_of) == ("ApprovalAsked", "agent:writer@3", "user:manager")
    assert event.object == f"approval:{request.id}"
    assert event.data["digest"] == request.action_digest
    assert event.data["reasons"] == [{"policy": "refund-limits", "version": 2, "rule": "large"}]


def test_what_is_about_no_run_is_in_the_stream_of_approvals(cast: Cast, ask: Ask) -> None:
    assert ask(subject="policy:refund-limits").topics == ["approvals"]
    assert history(cast.organization, "approvals").get().kind == "ApprovalAsked"


def test_a_newer_question_on_a_subject_supersedes_the_older(cast: Cast, ask: Ask) -> None:
    older, newer = ask(), ask(parameters={"order": "17", "amount": 30})
    older.refresh_from_db()
    assert (older.state, newer.state) == (State.SUPERSEDED, State.PENDING)
    assert list(selectors.open_requests(cast.organization)) == [newer]
    kinds = [event.kind for event in history(cast.organization, RUN)]
    assert kinds == ["ApprovalAsked", "ApprovalSuperseded", "ApprovalAsked"]


def test_a_settled_question_may_be_asked_again(cast: Cast, ask: Ask) -> None:
    services.decide(ask(), cast.reviewer, "approve", "", 1)
    again = ask()
    assert list(selectors.requests_about(cast.organization, SUBJECT).values_list("state", flat=True)) == [
        State.APPROVED,
        State.PENDING,
    ]
    assert again.state == State.PENDING
