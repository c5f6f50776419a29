"""How two reviewers judged in the last weeks, so that their page shows what a real one would: made up, always alike.

Nothing of the product acts on it, and nobody was asked: these are rows of the past, of a desk that does not exist.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization, User
from coordination.accounts.selectors import members
from coordination.approvals.models import ApprovalDecision, ApprovalRequest, Canary, SecondLook, State, Verdict
from coordination.approvals.question import Stage
from coordination.approvals.selectors import operations_asked
from coordination.approvals.services import change_terms
from coordination.shared.clock import now

OPERATION: Final = "returns.accept"
_AGENT: Final = "returns-desk"
_SUBJECT: Final = "desk:"
_DAYS: Final = 28
_N: Final = 72
_N_EXERCISES: Final = 24
_N_LOOKS: Final = 26
# How quickly they decide, how often against the desk, how often they let an exercise pass.
_WAYS: Final = {"reviewer": (48, 0.18, 0.25), "lead": (95, 0.27, 0.08)}
_THINGS: Final = ("a table lamp", "a kettle", "garden chairs", "a duvet", "a bookshelf", "a mixer")


def furnish(organization: Organization, actor: Actor) -> None:
    """Make the history and turn exercises on, unless there is one already."""
    if OPERATION in operations_asked(organization):
        return
    change_terms(organization, {"exercises": 0.02}, actor, "The people of the demo have been told.")
    everyone = {one.user.username: one.user for one in members(organization)}
    people = {name: everyone[name] for name in _WAYS}
    chance = random.Random(7)  # noqa: S311  (made-up people need no secrets)
    decided = list(_decided(organization, people, chance))
    ApprovalRequest.objects.bulk_create(request for request, _ in decided)
    ApprovalDecision.objects.bulk_create(decision for _, decision in decided)
    Canary.objects.bulk_create(
        _canary(organization, request, decision) for request, decision in decided if request.is_synthetic
    )
    alone = [one for one in decided if not one[0].is_synthetic and one[1].verdict != Verdict.EDIT]
    SecondLook.objects.bulk_create(
        _look(organization, people, everyone["admin"], request, decision, chance)
        for request, decision in alone[:_N_LOOKS]
    )


def _decided(
    organization: Organization, people: dict[str, User], chance: random.Random
) -> Iterator[tuple[ApprovalRequest, ApprovalDecision]]:
    begin, total = now() - timedelta(days=_DAYS), _N + _N_EXERCISES
    for at in range(total):
        username = list(people)[at % len(people)]
        pace_s, against, passes = _WAYS[username]
        is_exercise = at // len(people) % (total // _N_EXERCISES) == 0
        refuses = chance.random() < (1 - passes if is_exercise else against)
        edits = not is_exercise and not refuses and chance.random() < 0.1
        verdict = Verdict.REJECT if refuses else Verdict.EDIT if edits else Verdict.APPROVE
        asked_at = begin + timedelta(days=_DAYS - 1) * at / total
        took = timedelta(seconds=pace_s * chance.uniform(0.3, 2.2))
        request = _request(organization, at, asked_at, is_synthetic=is_exercise, verdict=verdict, took=took)
        yield (
            request,
            ApprovalDecision(
                request=request,
                revision=1,
                stage=Stage().as_json(),
                actor=people[username],
                actor_auth="session",
                verdict=verdict,
                reason="Not within the terms." if refuses else "",
                digest_seen=request.action_digest,
                dwell_ms=int(took.total_seconds() * 700),
                created_at=asked_at + took,
            ),
        )


def _request(
    organization: Organization, at: int, asked_at: datetime, *, is_synthetic: bool, verdict: Verdict, took: timedelta
) -> ApprovalRequest:
    thing = _THINGS[at % len(_THINGS)]
    title = f"Take back {thing}, return {3_100 + at}"
    request = ApprovalRequest(
        organization=organization,
        subject=f"{_SUBJECT}{at}",
        title=title,
        intent=title,
        operation=OPERATION,
        parameters={"return": 3_100 + at, "thing": thing},
        agent=_AGENT,
        risk_band=("low", "medium", "high")[at % 3],
        reversibility="compensable",
        stage=Stage().as_json(),
        chain=[Stage().as_json()],
        state=State.REJECTED if verdict == Verdict.REJECT else State.CANCELLED if is_synthetic else State.CONSUMED,
        is_synthetic=is_synthetic,
        created_at=asked_at,
        due_at=asked_at + timedelta(hours=1),
        expires_at=asked_at + timedelta(hours=4),
        decided_at=asked_at + took,
    )
    request.action_digest = request.digest_for(request.parameters)
    return request


def _canary(organization: Organization, request: ApprovalRequest, decision: ApprovalDecision) -> Canary:
    is_caught = decision.verdict == Verdict.REJECT
    return Canary(
        request=request,
        organization=organization,
        key="return-after-a-year",
        lesson="It was bought more than a year before; returns are taken for 60 days.",
        placed_at=request.created_at,
        result=Canary.Result.CAUGHT if is_caught else Canary.Result.MISSED,
        answered_by=decision.actor,
        verdict=decision.verdict,
        answered_at=decision.created_at,
    )


def _look(
    organization: Organization,
    people: dict[str, User],
    third: User,
    request: ApprovalRequest,
    decision: ApprovalDecision,
    chance: random.Random,
) -> SecondLook:
    other = next(person for person in people.values() if person != decision.actor)
    differs = chance.random() < 0.15
    flipped = {Verdict.APPROVE: Verdict.REJECT, Verdict.REJECT: Verdict.APPROVE}
    first = Verdict(decision.verdict)
    last = first if chance.random() < 0.5 else flipped[first]
    return SecondLook(
        organization=organization,
        source=f"approval:{request.pk}",
        why=SecondLook.Why.SINGLE,
        state=SecondLook.State.SETTLED if differs else SecondLook.State.AGREED,
        request=request,
        subject=request.subject,
        operation=request.operation,
        agent=request.agent,
        risk_band=request.risk_band,
        first=first,
        first_by=decision.actor,
        kept_out=[decision.actor_id],
        second=flipped[first] if differs else first,
        second_by=other,
        second_reason="The thing was used." if differs else "",
        second_at=decision.created_at + timedelta(days=1),
        third=last if differs else "",
        third_by=third if differs else None,
        third_reason="It is what the terms say." if differs else "",
        third_at=decision.created_at + timedelta(days=2) if differs else None,
        created_at=decision.created_at + timedelta(minutes=2),
        due_at=decision.created_at + timedelta(days=14),
    )
