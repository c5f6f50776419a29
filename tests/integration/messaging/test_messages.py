"""Agents of a run write to each other: to one, to a role, to whoever is able, to who listens, to all."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from coordination.adapters.ports import AgentFailed
from coordination.audit.models import AuditEvent
from coordination.audit.services import verify
from coordination.messaging import counting, letters
from coordination.messaging.doorbell import Bell
from coordination.messaging.models import Message, Receipt
from coordination.messaging.selectors import edges_of, given_to, n_messages_of
from coordination.policies.models import PolicyDecision
from coordination.runs import posting
from coordination.runs.work import AgentWork
from tests.integration.messaging.conftest import Letters, letters_of, work_in
from tests.integration.runs.conftest import World, make_world
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def said(found: Any) -> list[Any]:
    return [one.content for one in found]


def test_a_message_reaches_whom_it_is_for_and_nobody_else(of: Letters) -> None:
    buyer = of("buyer")
    buyer.send("agent:ann", "to ann")
    buyer.send("role:seller", "to sellers")
    buyer.send("capability:count", "to who counts")
    buyer.send("topic:prices", "to who listens")
    buyer.send("all", "to all")
    assert said(of("ann").inbox()) == ["to ann", "to sellers", "to all"]
    assert said(of("bob").inbox(topics=["prices"])) == ["to sellers", "to who listens", "to all"]
    assert said(of("clerk").inbox()) == ["to who counts", "to all"]
    assert buyer.inbox() == []


def test_an_attempt_is_given_a_message_once_and_the_next_attempt_again(of: Letters) -> None:
    of("buyer").send("agent:ann", {"want": "lamp"})
    ann = of("ann")
    assert [one.again for one in ann.inbox()] == [False]
    assert ann.inbox() == []
    assert [(one.content, one.again) for one in of("ann").inbox()] == [({"want": "lamp"}, True)]
    assert Receipt.objects.count() == 1


def test_the_most_urgent_are_read_first(of: Letters) -> None:
    buyer = of("buyer")
    for priority in (1, 9, 5):
        buyer.send("agent:ann", priority, priority=priority)
    assert said(of("ann").inbox()) == [9, 5, 1]


def test_a_request_is_answered_in_one_conversation(of: Letters) -> None:
    def sell() -> None:
        ann = of("ann")
        [asked] = ann.inbox(wait_s=20)
        ann.reply(asked.id, {"price": 7}, "propose")
        connection.close()

    seller = threading.Thread(target=sell)
    seller.start()
    answer = of("buyer").request("agent:ann", {"want": "lamp"}, wait_s=20)
    seller.join()
    assert answer is not None
    assert (answer.sender, answer.performative, answer.content) == ("ann", "propose", {"price": 7})
    asked, told = Message.objects.order_by("id")
    assert (told.in_reply_to, told.conversation, asked.conversation) == (asked.pk, asked.pk, asked.pk)


def test_a_request_that_nobody_answers_ends(of: Letters) -> None:
    assert of("buyer").request("agent:nobody", "hello?", wait_s=0.05) is None


def test_what_nobody_read_in_its_time_is_not_given(of: Letters) -> None:
    of("buyer").send("agent:ann", "quick", ttl_s=-1)
    of("buyer").send("agent:ann", "slow", ttl_s=60)
    assert said(of("ann").inbox()) == ["slow"]


def test_the_same_key_is_the_same_message_however_often_a_step_is_tried(of: Letters) -> None:
    first = of("buyer").send("all", "offer", key="offer")
    again = of("buyer").send("all", "offer", key="offer")
    other = of("ann").send("all", "offer", key="offer")
    assert first == again != other
    assert Message.objects.count() == 2


def test_the_same_key_sent_by_two_at_once_is_one_message(of: Letters, monkeypatch: pytest.MonkeyPatch) -> None:
    senders = [of("buyer") for _ in range(6)]
    # Each writes for itself, as processes beside each other do.
    monkeypatch.setattr(posting, "MOST_TOGETHER", 1)
    sent = at_once(*[lambda one=one: one.send("all", "offer", key="offer") for one in senders])
    assert len(set(sent)) == 1
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("to", "content", "about", "code"),
    [
        ("ann", "x", {}, "message-address-invalid"),
        ("agent:", "x", {}, "message-address-invalid"),
        ("all", "x", {"performative": "shout"}, "message-unfit"),
        ("all", "x", {"priority": 12}, "message-unfit"),
        ("all", "x" * letters.LARGEST_BYTES, {}, "message-unfit"),
        ("all", float("nan"), {}, "message-unfit"),
    ],
)
def test_what_cannot_be_sent_says_why(of: Letters, to: str, content: Any, about: Any, code: str) -> None:
    with pytest.raises(AgentFailed) as refused:
        of("buyer").send(to, content, **about)
    assert refused.value.code == code
    assert not Message.objects.exists()


def test_another_run_and_another_organization_read_nothing(of: Letters, world: World, settings: Any) -> None:
    message = of("buyer").send("all", "here only")
    elsewhere = letters_of(work_in(world.start()), "ann")
    globex = make_world(settings, "globex")
    globex.agent("buyer")
    globex.workflow({"id": "a", "agent": {"name": "buyer"}})
    abroad = letters_of(work_in(globex.start()), "ann")
    for one in (elsewhere, abroad):
        assert one.inbox() == []
        with pytest.raises(AgentFailed, match="no message"):
            one.reply(message, "caught")


def test_a_message_is_on_record_with_its_digest_and_without_its_words(of: Letters, work: AgentWork) -> None:
    of("buyer").send("role:seller", "a secret price", "cfp")
    record = AuditEvent.objects.get(kind="MessageSent")
    assert (record.stream, record.actor) == (f"messages:{work.run_id}", "agent:buyer@1")
    assert record.data["to"] == "role:seller"
    assert "secret price" not in record.body
    assert verify().first_bad is None


def test_a_policy_denies_before_a_message_is_kept(of: Letters, world: World) -> None:
    rule = {
        "when": 'message.recipient == "all"',
        "effect": "deny",
        "message_to_agent": "Write to one.",
        "hooks": ["message"],
    }
    world.policy("no-broadcast", **rule)
    buyer = of("buyer")
    with pytest.raises(AgentFailed, match="Write to one") as refused:
        buyer.send("all", "hear me")
    assert refused.value.code == "policy-denied"
    buyer.send("agent:ann", "hear me")
    assert said(of("ann").inbox()) == ["hear me"]
    assert AuditEvent.objects.get(kind="MessageRefused").data["why"] == "Write to one."
    assert set(PolicyDecision.objects.values_list("outcome", flat=True)) >= {"deny", "allow"}


def test_a_policy_takes_out_what_must_not_be_said(of: Letters, world: World) -> None:
    world.policy("no-mail", when="true", effect="redact", redact={"patterns": ["email"]}, hooks=["message"])
    of("buyer").send("agent:ann", {"write": "to carla@example.com"})
    [given] = of("ann").inbox()
    assert "carla@example.com" not in str(given.content)
    assert isinstance(given.content, dict)


def test_a_flood_is_stopped_at_its_edge_and_told(of: Letters, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_ON_EDGE_A_MINUTE", 3)
    buyer = of("buyer")
    for number in range(3):
        buyer.send("agent:ann", number)
    with pytest.raises(AgentFailed, match="in this minute") as refused:
        buyer.send("agent:ann", 3)
    assert refused.value.code == "too-many-messages"
    buyer.send("agent:bob", "another edge")
    assert AuditEvent.objects.filter(kind="MessageRefused").count() == 1


def test_a_run_takes_so_many_messages(of: Letters, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_IN_RUN", 2)
    of("buyer").send("agent:ann", 1)
    of("ann").send("agent:buyer", 2)
    with pytest.raises(AgentFailed, match="as many as a run takes"):
        of("bob").send("all", 3)
    letters_of(work_in(world.start()), "bob").send("all", "another run")


def test_many_at_once_lose_nothing_and_count_right(of: Letters, work: AgentWork, world: World) -> None:
    def talk(name: str) -> None:
        own = of(name)
        for number in range(10):
            own.send("all", f"{name} {number}")

    names = ["buyer", "ann", "bob", "clerk"]
    at_once(*[lambda name=name: talk(name) for name in names * 3])
    assert n_messages_of(world.organization, work.run_id) == 120
    assert {edge.sender: edge.n_messages for edge in edges_of(world.organization, work.run_id)} == dict.fromkeys(
        names, 30
    )
    heard = Counter(one.sender for one in of("ann").inbox(limit=200))
    assert heard == {"buyer": 30, "bob": 30, "clerk": 30}
    assert sorted(given_to(world.organization, work.run_id)) == [
        ("bob", "ann", 30),
        ("buyer", "ann", 30),
        ("clerk", "ann", 30),
    ]
    assert verify().first_bad is None


def test_messages_that_wait_are_written_together(of: Letters) -> None:
    senders = [of(name) for name in ("buyer", "ann", "bob", "clerk")]
    at_once(*[lambda one=one: [one.send("all", n) for n in range(5)] for one in senders])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT written_in) FROM audit_auditevent WHERE kind = 'MessageSent'")
        [transactions] = cursor.fetchone()
    assert transactions < 20


def test_a_message_that_is_kept_late_is_still_found(of: Letters, work: AgentWork) -> None:
    ann = of("ann")
    of("buyer").send("agent:ann", "first")
    ann.inbox()
    newest = Message.objects.get()
    late = Message.objects.create(
        organization_id=work.organization_id, run_id=work.run_id, conversation=newest.pk, sender="bob",
        address="agent:ann", performative="inform", content="late", created_at=newest.created_at - timedelta(seconds=1),
    )  # fmt: skip
    assert [one.id for one in ann.inbox()] == [str(late.pk)]


def test_without_redis_whoever_waits_looks_by_himself(
    of: Letters, work: AgentWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coordination.messaging.doorbell._Exchange.ring", lambda *_: None)
    bell = Bell(work.run_id, ["agent:ann"])
    of("buyer").send("agent:ann", "unheard")
    bell.wait(0.01)
    assert said(of("ann").inbox(wait_s=5)) == ["unheard"]
