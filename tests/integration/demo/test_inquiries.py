"""Inquiries through the whole workflow: what goes alone, what waits for whom, what is stopped, and nothing breaks."""

from typing import Any

import pytest

from coordination.accounts.models import Membership, Organization
from coordination.agents.services import suspend_agent
from coordination.approvals.models import ApprovalRequest
from coordination.demo.feeding import INBOX, inquiries
from coordination.demo.seed import seed
from coordination.runs.errors import InputInvalid
from coordination.runs.models import Run
from coordination.runs.services import answer_approval, start_run
from tests.working import work_off


def handled(acme: Organization, message: str, **more: str) -> Run:
    return work_off(start_run(acme, "customer-support", {"message": message, **more}, actor=INBOX))


def question(run: Run) -> ApprovalRequest:
    return ApprovalRequest.objects.get(subject__startswith=f"run:{run.pk}/", state="pending")


def rules(request: ApprovalRequest) -> set[str]:
    return {reason["rule"] for reason in request.reasons}


def decide(run: Run, username: str, verdict: str, **more: Any) -> Run:
    member = Membership.objects.get(user__username=username)
    answer_approval(member, question(run).pk, verdict, reason="Looked at it.", revision=1, **more)
    return work_off(run)


@pytest.mark.django_db
def test_routine_inquiries_need_nobody_and_the_others_somebody(acme: Organization) -> None:
    for inquiry in inquiries():
        run = work_off(start_run(acme, "customer-support", inquiry.input, actor=INBOX))
        assert (run.status == "succeeded") is inquiry.routine, (run.title, run.status, run.stop_reason)
        if inquiry.routine:
            assert run.output["sent"] is True
            assert "[1]" in run.output["reply"]
        elif run.status == "failed":
            assert run.error["code"] == "policy-denied"


@pytest.mark.django_db
def test_a_refund_waits_for_support_and_is_paid_once_agreed(acme: Organization) -> None:
    run = handled(acme, "You charged my card twice for order 88120, $148.00 each time.", customer="C-1")
    asked = question(run)
    assert (asked.title, asked.stage["group"], rules(asked)) == (
        "Refund $148 to order 88120",
        "support",
        {"any-refund"},
    )
    assert asked.parameters == {"order": "88120", "amount": 148.0, "reason": "duplicate_charge"}
    run = decide(run, "reviewer", "approve")
    assert (run.status, run.output["sent"], run.output["refund"]["amount"]) == ("succeeded", True, 148.0)
    call = run.tool_calls.get(tool="outbox.send")
    assert "paid the money back" in call.args["body"]


@pytest.mark.django_db
def test_a_large_refund_waits_for_the_lead(acme: Organization) -> None:
    run = handled(acme, "I was charged twice for order 86450, please return the second $389.00.")
    assert (question(run).stage["group"], rules(question(run))) == ("lead", {"large-refund"})
    assert decide(run, "lead", "approve").status == "succeeded"


@pytest.mark.django_db
def test_a_refund_that_was_refused_leaves_the_reply_to_a_person(acme: Organization) -> None:
    run = handled(acme, "You charged my card twice for order 88120, $148.00 each time.")
    run = decide(run, "reviewer", "reject")
    assert rules(question(run)) == {"refund-not-paid"}
    run = decide(run, "reviewer", "approve")
    assert (run.status, run.output["refund"]) == ("succeeded", None)
    assert "paid the money back" not in run.tool_calls.get().args["body"]


@pytest.mark.django_db
def test_a_refund_beyond_all_limits_is_refused_by_policy(acme: Organization) -> None:
    run = handled(acme, "All lamps of order 91877 arrived broken, please refund the $1,374.00 for them.")
    refund = run.steps.get(key="refund")
    assert (refund.status, refund.error["code"]) == ("failed", "policy-denied")
    assert rules(question(run)) >= {"refund-not-paid"}


@pytest.mark.django_db
def test_a_card_number_never_leaves(acme: Organization) -> None:
    run = handled(acme, "Please charge order 90233 to my card 4111 1111 1111 1111.")
    assert (run.status, run.error["code"], run.error["step"]) == ("failed", "policy-denied", "send")
    assert not run.tool_calls.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "message",
    [
        "?",
        "🙂",
        "0",
        "${input.message} {{ 7*7 }} <script>alert(1)</script> '; --",
        "我的包裹还没有到。请问什么时候送到？",
        "مرحبا، أين طلبي؟",
        "word " * 4_000,
        "x" * 20_000,
        "Where is my parcel? " * 1_000,
        "\n\t \n.\n",
        "refund $0.00 for order 1",
        "I was charged twice for order 88120: $99999999999999999999 each time",
    ],
    ids=range(12),
)
def test_odd_messages_are_answered_or_left_to_a_person(acme: Organization, message: str) -> None:
    run = handled(acme, message)
    assert run.status in {"waiting", "succeeded"}, (run.error, [(s.key, s.error) for s in run.steps.all() if s.error])
    assert {s.status for s in run.steps.exclude(key__in=["refund", "send"])} == {"succeeded"}


@pytest.mark.django_db
@pytest.mark.parametrize("message", ["", "   \n", "x" * 20_001, 5, None], ids=range(5))
def test_what_is_no_message_is_refused_at_the_door(acme: Organization, message: Any) -> None:
    with pytest.raises(InputInvalid) as caught:
        handled(acme, message)
    assert next(error.pointer for error in caught.value.errors) == "/input/message"
    assert len(str(caught.value)) < 400


@pytest.mark.django_db
def test_without_its_best_agents_it_goes_on_with_care(acme: Organization) -> None:
    suspend_agent(acme, "intent-minilm", INBOX, "drill")
    run = handled(acme, "I forgot my password and the reset link has expired.")
    assert run.steps.get(key="classify").agent == "intent-keywords"
    assert run.status == "succeeded"
    for name in ("kb-search", "sentiment-blend", "tone-check"):
        suspend_agent(acme, name, INBOX, "drill")
    run = handled(acme, "I forgot my password and the reset link has expired.")
    assert rules(question(run)) >= {"failed-check", "no-grounds"}


@pytest.mark.django_db
def test_when_the_model_server_is_down_the_quoting_writer_takes_over(acme: Organization, settings: Any) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    seed()
    run = handled(acme, "Which bulb do I need for the Heron desk lamp?")
    compose = run.steps.get(key="compose")
    assert (run.status, compose.agent) == ("succeeded", "writer-extractive")
    assert [(a["agent"], a["status"]) for a in compose.attempts] == [
        ("writer-llm", "failed"),
        ("writer-extractive", "succeeded"),
    ]


@pytest.mark.django_db
def test_the_mail_room_sorts_letters(acme: Organization) -> None:
    globex = Organization.objects.get(slug="globex")
    run = work_off(start_run(globex, "sort-mail", {"letter": "Your invoice is too high."}, actor=INBOX))
    assert (run.status, run.output) == ("succeeded", {"department": "accounts"})
