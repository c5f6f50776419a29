"""A person answers; nobody answers for themselves, twice, too late or in another's place."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.approvals import errors, selectors, services
from coordination.approvals.models import ApprovalDecision, ApprovalRequest, State
from coordination.approvals.question import Stage
from coordination.audit.selectors import history
from coordination.shared.clock import now
from coordination.shared.errors import CoordinationError, NotFound
from tests.integration.approvals.conftest import RUN, Ask, Cast

OTHER = {"order": "17", "amount": 15}


def decide(
    request: ApprovalRequest, member: Membership, verdict: str = "approve", reason: str = "", **more: Any
) -> ApprovalRequest:
    return services.decide(request, member, verdict, reason, more.pop("revision", request.revision), **more)


def test_an_approval_closes_the_request(cast: Cast, ask: Ask) -> None:
    request = decide(ask(), cast.reviewer)
    assert (request.state, request.decided_at is not None) == (State.APPROVED, True)
    decision = ApprovalDecision.objects.get()
    assert (decision.verdict, decision.actor, decision.digest_seen) == (
        "approve",
        cast.reviewer.user,
        request.action_digest,
    )


def test_a_rejection_closes_the_request_at_once(cast: Cast, ask: Ask) -> None:
    request = ask(stage=Stage(n_required=3))
    decide(request, cast.reviewer)
    assert decide(request, cast.second, "reject", "wrong order").state == State.REJECTED


def test_several_must_approve_if_several_are_required(cast: Cast, ask: Ask) -> None:
    request = ask(stage=Stage(n_required=2))
    assert decide(request, cast.reviewer).state == State.PENDING
    with pytest.raises(errors.AlreadyVoted):
        decide(request, cast.reviewer)
    assert decide(request, cast.second).state == State.APPROVED


def test_who_approved_may_still_object(cast: Cast, ask: Ask) -> None:
    request = ask(stage=Stage(n_required=2))
    decide(request, cast.reviewer)
    assert decide(request, cast.reviewer, "reject", "second thoughts").state == State.REJECTED


def test_an_edit_makes_a_new_revision_and_voids_votes(cast: Cast, ask: Ask) -> None:
    request = ask(stage=Stage(n_required=2))
    decide(request, cast.reviewer)
    edited = decide(request, cast.second, "edit", "order was cheaper", parameters=OTHER)
    assert (edited.state, edited.revision, edited.parameters, edited.voters) == (State.PENDING, 2, OTHER, set())
    assert edited.action_digest == edited.digest_for(OTHER) != request.action_digest
    assert decide(edited, cast.reviewer).state == State.PENDING
    assert decide(edited, cast.lead).state == State.APPROVED


def test_the_editor_may_not_approve_but_may_reject(cast: Cast, ask: Ask) -> None:
    edited = decide(ask(), cast.reviewer, "edit", "cheaper", parameters=OTHER)
    with pytest.raises(errors.EditedByYou):
        decide(edited, cast.reviewer)
    assert decide(edited, cast.reviewer, "reject", "not at all").state == State.REJECTED


def test_who_edited_an_earlier_revision_may_approve_anothers(cast: Cast, ask: Ask) -> None:
    second = decide(ask(), cast.reviewer, "edit", "cheaper", parameters=OTHER)
    third = decide(second, cast.second, "edit", "cheaper still", parameters=OTHER | {"amount": 10})
    assert decide(third, cast.reviewer).state == State.APPROVED


@pytest.mark.parametrize("parameters", [None, {"order": "17", "amount": 20}, [], {"amount": 2**60}])
def test_an_edit_must_change_something(cast: Cast, ask: Ask, parameters: Any) -> None:
    with pytest.raises(errors.EditRefused):
        decide(ask(), cast.reviewer, "edit", "because", parameters=parameters)
    assert not ApprovalDecision.objects.exists()


def test_a_stale_revision_is_refused(cast: Cast, ask: Ask) -> None:
    request = ask()
    decide(request, cast.second, "edit", "cheaper", parameters=OTHER)
    with pytest.raises(errors.StaleRevision, match="you saw revision 1, it is now 2") as refused:
        decide(request, cast.reviewer, revision=1)
    assert (refused.value.code, refused.value.status) == ("stale-revision", 409)


def test_nobody_decides_twice(cast: Cast, ask: Ask) -> None:
    request = decide(ask(), cast.reviewer)
    with pytest.raises(errors.AlreadyDecided, match="approved") as refused:
        decide(request, cast.second, "reject", "too late")
    assert (refused.value.code, refused.value.status) == ("already-decided", 409)


def test_nobody_decides_after_the_time_is_over(cast: Cast, ask: Ask) -> None:
    request = ask()
    ApprovalRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(errors.AlreadyDecided, match="expired"):
        decide(request, cast.reviewer)


@pytest.mark.parametrize("verdict", ["approve", "reject", "edit"])
def test_nobody_decides_their_own_request(cast: Cast, ask: Ask, verdict: str) -> None:
    for request in (ask(Actor.of(cast.reviewer)), ask(on_behalf_of="user:reviewer"), ask(on_behalf_of="reviewer")):
        with pytest.raises(errors.OwnRequest) as refused:
            decide(request, cast.reviewer, verdict, "mine", parameters=OTHER)
        assert (refused.value.code, refused.value.status) == ("own-request", 403)


@pytest.mark.parametrize(
    ("member", "stage"),
    [
        ("manager", Stage()),
        ("admin", Stage()),
        ("manager", Stage(users=["manager"])),
        ("reviewer", Stage(role="reviewer", group="lead")),
        ("reviewer", Stage(group="support")),
        ("reviewer", Stage(users=["second"])),
    ],
)
def test_who_is_not_asked_may_not_decide(cast: Cast, ask: Ask, member: str, stage: Stage) -> None:
    request = ask(stage=stage, on_behalf_of="")
    with pytest.raises(errors.NotAsked) as refused:
        decide(request, getattr(cast, member))
    assert (refused.value.code, refused.value.status) == ("not-asked", 403)


@pytest.mark.parametrize(
    "stage", [Stage(group="lead"), Stage(role="reviewer", group="lead"), Stage(users=["lead"]), Stage()]
)
def test_who_is_asked_may_decide(cast: Cast, ask: Ask, stage: Stage) -> None:
    assert decide(ask(stage=stage), cast.lead).state == State.APPROVED


def test_another_organization_finds_nothing(cast: Cast, ask: Ask) -> None:
    with pytest.raises(NotFound):
        decide(ask(), cast.stranger)


@pytest.mark.parametrize(
    ("verdict", "band", "needed"),
    [
        ("approve", "low", False),
        ("approve", "medium", False),
        ("approve", "high", True),
        ("approve", "critical", True),
        ("reject", "low", True),
        ("edit", "low", True),
    ],
)
def test_a_reason_is_asked_for_where_it_matters(cast: Cast, ask: Ask, verdict: str, band: str, needed: bool) -> None:
    request = ask(risk_band=band)
    if needed:
        with pytest.raises(errors.ReasonRequired):
            decide(request, cast.reviewer, verdict, "  ", parameters=OTHER)
    assert decide(request, cast.reviewer, verdict, "because" if needed else "", parameters=OTHER)


def test_an_unknown_verdict_is_refused(cast: Cast, ask: Ask) -> None:
    with pytest.raises(errors.VerdictUnknown, match="approve, reject, edit"):
        decide(ask(), cast.reviewer, "escalate", "x")


def test_what_is_refused_leaves_no_trace(cast: Cast, ask: Ask) -> None:
    request = ask()
    for member, verdict in ((cast.manager, "approve"), (cast.reviewer, "reject"), (cast.reviewer, "perhaps")):
        with pytest.raises(CoordinationError):
            decide(request, member, verdict)
    assert not ApprovalDecision.objects.exists()
    assert [event.kind for event in history(cast.organization, RUN)] == ["ApprovalAsked"]


def test_every_verdict_is_on_record(cast: Cast, ask: Ask) -> None:
    request = ask()
    edited = decide(request, cast.second, "edit", "cheaper", parameters=OTHER)
    decide(edited, cast.reviewer, reason="fine")
    _, edit, approval = history(cast.organization, RUN)
    assert (edit.kind, edit.actor, approval.kind, approval.actor) == (
        "ApprovalDecided",
        "user:second",
        "ApprovalDecided",
        "user:reviewer",
    )
    assert edit.data["parameters_before"] == {"order": "17", "amount": 20}
    assert (edit.data["digest_seen"], edit.data["digest"]) == (request.action_digest, edited.action_digest)
    assert (edit.data["revision_seen"], edit.data["revision"]) == (1, 2)
    assert approval.data | {"verdict": "approve", "reason": "fine", "state": "approved"} == approval.data
    assert (approval.data["votes"], approval.data["needed"]) == (1, 1)


def test_may_decide_agrees_with_the_queue(cast: Cast, ask: Ask) -> None:
    voted = ask(subject="run:1/step:voted", stage=Stage(n_required=2))
    decide(voted, cast.reviewer)
    decide(ask(subject="run:1/step:edited"), cast.reviewer, "edit", "x", parameters=OTHER)
    decide(ask(subject="run:1/step:revised", stage=Stage(n_required=2)), cast.second)
    revised = ApprovalRequest.objects.get(subject="run:1/step:revised")
    decide(revised, cast.lead, "edit", "x", parameters=OTHER)
    decide(ask(subject="run:1/step:closed"), cast.reviewer)
    services.claim(ask(subject="run:1/step:claimed"), cast.second)
    ask(Actor.of(cast.reviewer), subject="run:1/step:own", on_behalf_of="")
    ask(subject="run:1/step:behalf", on_behalf_of="user:lead")
    ask(subject="run:1/step:expired")
    ApprovalRequest.objects.filter(subject="run:1/step:expired").update(expires_at=now())
    for number, stage in enumerate(
        [
            Stage(),
            Stage(group="lead"),
            Stage(role="manager"),
            Stage(users=["second"]),
            Stage(role="reviewer", group="x"),
        ]
    ):
        ask(subject=f"run:1/step:{number}", stage=stage, on_behalf_of="")
    services.delegate(ApprovalRequest.objects.get(subject="run:1/step:3"), cast.second, "reviewer", "", 1)
    everything = ApprovalRequest.objects.filter(organization=cast.organization)
    for member in (cast.manager, cast.reviewer, cast.second, cast.lead, cast.admin):
        queue = {request.subject for request in selectors.pending_for(member)}
        assert queue == {request.subject for request in everything if selectors.may_decide(request, member) is None}
    assert "run:1/step:3" in {request.subject for request in selectors.pending_for(cast.reviewer)}
