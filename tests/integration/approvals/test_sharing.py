"""More than one person can look at is put to others first; everybody asked may still decide."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.approvals import services
from coordination.approvals.models import ApprovalDecision, ApprovalRequest
from coordination.approvals.question import Stage
from coordination.approvals.selectors import load_of, may_decide, mine_first, pending_for
from coordination.audit.models import AuditEvent
from coordination.shared.clock import now
from tests.integration.approvals.conftest import Ask, Cast

TWO = Stage(users=["reviewer", "second"])


def limit(cast: Cast, **most: int) -> None:
    services.set_part(cast.organization, "load", most, Actor.of(cast.admin))


def several(ask: Ask, n: int, **changes: Any) -> list[ApprovalRequest]:
    return [ask(subject=f"run:1/step:{number}", **({"stage": TWO} | changes)) for number in range(n)]


def before(*people: Membership) -> list[int]:
    return [mine_first(one).count() for one in people]


def test_nothing_moves_while_everybody_can_look_at_it(cast: Cast, ask: Ask) -> None:
    limit(cast, open=4)
    several(ask, 4)
    assert services.share_out(now()) == 0
    assert before(cast.reviewer, cast.second) == [4, 4]


def test_a_queue_that_is_too_long_for_one_is_divided(cast: Cast, ask: Ask) -> None:
    limit(cast, open=4)
    asked = several(ask, 6)
    assert services.share_out(now()) == 4
    assert before(cast.reviewer, cast.second) == [4, 4]
    # The most urgent ones stay before both, and each of them is still before somebody.
    assert all(mine_first(one).filter(pk=asked[0].pk).exists() for one in (cast.reviewer, cast.second))
    assert {*mine_first(cast.reviewer), *mine_first(cast.second)} == {*asked}
    assert services.share_out(now()) == 0


def test_whoever_decided_very_many_is_relieved_by_others(cast: Cast, ask: Ask) -> None:
    limit(cast, decisions_per_hour=2)
    for request in several(ask, 3):
        services.decide(request, cast.reviewer, "approve", "", 1)
    asked = [ask(subject=f"run:2/step:{number}", stage=TWO) for number in range(3)]
    assert services.share_out(now()) == 3
    assert before(cast.reviewer, cast.second) == [0, 3]
    load = load_of(cast.reviewer)
    assert (load.last_hour, load.with_others, load.is_over) == (3, 3, True)
    assert not load_of(cast.second).is_over
    # It is an order of asking, no loss of authority.
    assert may_decide(asked[0], cast.reviewer) is None
    assert pending_for(cast.reviewer).count() == 3
    event = AuditEvent.objects.filter(kind="ApprovalRebalanced").latest("id")
    assert (event.data["relieved"], event.data["to"]) == (["reviewer"], ["second"])


def test_an_hour_later_nobody_is_relieved_any_more(cast: Cast, ask: Ask) -> None:
    limit(cast, decisions_per_hour=2)
    for request in several(ask, 3):
        services.decide(request, cast.reviewer, "approve", "", 1)
    ask(subject="run:2/step:1", stage=TWO)
    assert services.share_out(now() + timedelta(minutes=61)) == 0
    ApprovalDecision.objects.update(created_at=now() - timedelta(minutes=61))
    assert services.share_out(now()) == 0


def test_what_only_one_person_may_decide_stays_with_them(cast: Cast, ask: Ask) -> None:
    limit(cast, open=2)
    several(ask, 4, stage=Stage(users=["reviewer"]))
    assert services.share_out(now()) == 0
    assert before(cast.reviewer) == [4]
    assert load_of(cast.reviewer).is_over


def test_nothing_is_put_to_who_may_not_decide_it(cast: Cast, ask: Ask) -> None:
    limit(cast, open=2)
    several(ask, 5, on_behalf_of="user:second")
    assert services.share_out(now()) == 0
    assert before(cast.reviewer, cast.second) == [5, 0]


def test_what_somebody_works_on_is_not_moved(cast: Cast, ask: Ask) -> None:
    limit(cast, open=2)
    for request in several(ask, 4):
        services.claim(request, cast.reviewer)
    assert services.share_out(now()) == 0


def test_what_was_put_to_one_comes_back_to_all_with_the_first_reminder(cast: Cast, ask: Ask) -> None:
    limit(cast, open=2)
    asked = several(ask, 3, risk_band="high")
    services.share_out(now())
    moved = ApprovalRequest.objects.exclude(assigned_to=None)
    assert moved.exists()
    services.make_calls(asked[0].created_at + timedelta(minutes=31))
    assert not moved.exists()


def test_twice_the_queue_is_looked_at_in_the_same_statements(cast: Cast, ask: Ask) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            load_of(Membership.objects.select_related("organization", "user").get(pk=cast.reviewer.pk))
            services.share_out(now())
        return len(queries)

    several(ask, 30, stage=Stage(users=["reviewer"]))
    few = cost()
    for number in range(30, 60):
        ask(subject=f"run:1/step:{number}", stage=Stage(users=["reviewer"]))
    assert cost() == few
