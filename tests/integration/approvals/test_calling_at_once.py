"""Several machines look after the same queue at the same moment."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest, Flood
from coordination.audit.models import AuditEvent
from coordination.runs.services import stem_floods
from coordination.shared.clock import now
from tests.integration.approvals.desk import Desk
from tests.integration.runs.conftest import make_world
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(transactional_db: None, settings: Any) -> Desk:
    desk = Desk(make_world(settings))
    desk.person("ann")
    desk.person("lea", groups=("lead",))
    return desk


def test_people_are_called_once_however_many_machines_look(desk: Desk) -> None:
    for _ in range(3):
        desk.asked()
    ApprovalRequest.objects.update(risk_band="high")
    late = now() + timedelta(minutes=61)
    at_once(*(lambda: services.make_calls(late) for _ in range(4)))
    # What one left because another had it is found at the next look.
    services.make_calls(late)
    assert AuditEvent.objects.filter(kind="ApprovalEscalated").count() == 3
    assert set(ApprovalRequest.objects.values_list("escalation_level", flat=True)) == {1}


def test_a_question_is_put_to_one_person_however_many_machines_look(desk: Desk) -> None:
    services.set_part(desk.world.organization, "load", {"open": 1}, SYSTEM)
    for _ in range(2):
        desk.asked()
    at_once(*(lambda: services.share_out(now()) for _ in range(4)))
    services.share_out(now())
    moved = AuditEvent.objects.filter(kind="ApprovalRebalanced").count()
    assert moved == ApprovalRequest.objects.exclude(assigned_to=None).count()


def test_an_agent_is_paused_once_however_many_machines_look(desk: Desk) -> None:
    services.set_part(desk.world.organization, "flood", {"requests": 2}, SYSTEM)
    for _ in range(3):
        desk.asked()
    moment = now()
    at_once(*(lambda: stem_floods(moment) for _ in range(4)))
    assert Flood.objects.count() == 1
    assert AuditEvent.objects.filter(kind="AgentSuspended").count() == 1


def test_an_answer_and_a_call_at_the_same_moment_both_hold(desk: Desk) -> None:
    run = desk.asked()
    ApprovalRequest.objects.update(risk_band="high")
    late = now() + timedelta(minutes=31)
    said, _ = at_once(lambda: desk.answer(run, desk.person("ann")), lambda: services.make_calls(late))
    assert not isinstance(said, Exception)
    assert desk.question(run).state == "approved"
