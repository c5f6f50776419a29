"""How somebody is told what: by their own word, by everyone's, by the queue's, and at which hours."""

from datetime import UTC, datetime, time, timedelta

import pytest

from coordination.accounts.actors import SYSTEM, Actor
from coordination.audit.models import AuditEvent
from coordination.notifications.errors import WishInvalid
from coordination.notifications.models import Delivery, Mail
from coordination.notifications.selectors import Way, wishes
from coordination.notifications.services import set_hours, set_ways
from coordination.shared.clock import now
from tests.integration.notifications.support import Told

NOTHING, MAIL = Way(inbox=False, mail=Mail.OFF), Way(inbox=True, mail=Mail.INSTANT)


def test_what_is_usual_holds_until_somebody_chooses(told: Told) -> None:
    reviewer = told.person("reviewer")
    way = wishes(told.organization).way(reviewer.pk, "reviewer", "approval.asked")
    assert (way.inbox, way.mail, way.is_chosen) == (True, Mail.DIGEST, False)


def test_ones_own_word_counts_more_than_the_queues_and_the_queues_more_than_everyones(told: Told) -> None:
    reviewer = told.person("reviewer")
    organization, topic = told.organization, "approval.asked"
    set_ways(organization, {topic: NOTHING}, SYSTEM)
    assert wishes(organization).way(reviewer.pk, "support", topic).mail == Mail.OFF
    set_ways(organization, {topic: MAIL}, SYSTEM, queue="support")
    assert wishes(organization).way(reviewer.pk, "support", topic).mail == Mail.INSTANT
    assert wishes(organization).way(reviewer.pk, "finance", topic).mail == Mail.OFF
    set_ways(organization, {topic: NOTHING}, Actor.of(reviewer), member=reviewer)
    assert wishes(organization).way(reviewer.pk, "support", topic).inbox is False
    set_ways(organization, {topic: None}, Actor.of(reviewer), member=reviewer)
    assert wishes(organization).way(reviewer.pk, "support", topic).mail == Mail.INSTANT


def test_who_wants_nothing_gets_nothing(told: Told) -> None:
    reviewer = told.person("reviewer")
    set_ways(told.organization, {"approval.asked": NOTHING}, Actor.of(reviewer), member=reviewer)
    told.desk.asked()
    told.catch_up()
    assert told.inbox(reviewer) == []
    assert not Delivery.objects.exists()


def test_without_an_address_there_is_no_mail(told: Told) -> None:
    reviewer = told.person("reviewer", email=False)
    set_ways(told.organization, {"approval.asked": MAIL}, SYSTEM)
    told.desk.asked()
    told.catch_up()
    assert told.inbox(reviewer) == ["approval.asked"]
    assert not Delivery.objects.exists()


def test_finished_runs_are_told_to_whoever_asks_for_it(told: Told) -> None:
    told.desk.world.workflow({"id": "plan", "agent": {"name": "planner"}})
    manager = told.person("manager", "manager")
    set_ways(told.organization, {"run.finished": Way(inbox=True, mail=Mail.OFF)}, SYSTEM)
    told.desk.world.run(actor=Actor.of(manager))
    told.catch_up()
    assert told.inbox(manager) == ["run.finished"]


def test_rest_and_digest_put_mail_off_but_not_what_is_critical(told: Told) -> None:
    reviewer = told.person("reviewer")
    set_hours(reviewer, Actor.of(reviewer), zone="UTC", quiet_from=time(0), quiet_until=time(23, 59), digest_at=time(8))
    known = wishes(told.organization)
    noon = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)
    assert known.due(reviewer.pk, Mail.INSTANT, "low", noon) == datetime(2026, 5, 5, 23, 59, tzinfo=UTC)
    assert known.due(reviewer.pk, Mail.INSTANT, "critical", noon) == noon
    assert known.due(reviewer.pk, Mail.DIGEST, "critical", noon) == datetime(2026, 5, 6, 23, 59, tzinfo=UTC)
    set_hours(reviewer, Actor.of(reviewer), wakes_for_critical=False)
    assert wishes(told.organization).due(reviewer.pk, Mail.INSTANT, "critical", noon) > noon


def test_a_digest_is_due_later_and_mail_at_once_now(told: Told) -> None:
    told.person("reviewer")
    told.desk.asked()
    told.catch_up()
    [digest] = Delivery.objects.all()
    assert timedelta(0) < digest.due_at - now() <= timedelta(hours=25)
    set_ways(told.organization, {"approval.asked": MAIL}, SYSTEM)
    told.desk.asked()
    told.catch_up()
    assert Delivery.objects.latest("id").due_at <= now()


@pytest.mark.parametrize("changes", [{"zone": "Europe/Atlantis"}, {"zone": ""}, {"rhythm": "sometimes"}])
def test_hours_that_are_none_are_refused(told: Told, changes: dict[str, str]) -> None:
    reviewer = told.person("reviewer")
    with pytest.raises(WishInvalid):
        set_hours(reviewer, Actor.of(reviewer), **changes)


def test_an_unknown_topic_is_refused(told: Told) -> None:
    with pytest.raises(WishInvalid):
        set_ways(told.organization, {"weather": NOTHING}, SYSTEM)


def test_choices_are_on_record(told: Told) -> None:
    reviewer = told.person("reviewer")
    set_ways(told.organization, {"approval.asked": MAIL}, Actor.of(reviewer), member=reviewer, queue="support")
    event = AuditEvent.objects.get(kind="NotificationsChosen")
    assert event.object == "user:reviewer/queue:support"
    assert event.data["ways"] == {"approval.asked": {"inbox": True, "mail": "instant"}}
