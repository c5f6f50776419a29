"""The bundled tools."""

from typing import Any

import pytest
from django.core import mail

from coordination.adapters.ports import AgentFailed, ToolContext
from coordination.bundled import outbox, payments

KEY = ToolContext("run-7/send")


def test_a_message_is_sent_once_by_its_id() -> None:
    first = outbox.send({"to": "C-1042", "subject": "Your order", "body": "It is on its way."}, KEY)
    again = outbox.send({"to": "C-1042", "subject": "Your order", "body": "It is on its way."}, KEY)
    assert first == again
    assert mail.outbox[0].extra_headers["Message-ID"] == first["message_id"]
    assert mail.outbox[0].to == ["C-1042@coordination.invalid"]


def test_a_line_break_cannot_smuggle_a_header() -> None:
    outbox.send({"to": "a@example.org", "subject": "Hi\nBcc: b@example.org", "body": "x"}, KEY)
    assert mail.outbox[0].subject == "Hi Bcc: b@example.org"
    assert mail.outbox[0].recipients() == ["a@example.org"]


def test_several_recipients_in_one_are_not_recipients() -> None:
    outbox.send({"to": "a@example.org, b@example.org", "body": "x"}, KEY)
    assert mail.outbox[0].to == ["a-example.org-b-example.org@coordination.invalid"]


@pytest.mark.parametrize("args", [{}, {"to": "a@example.org"}, {"to": "a@example.org", "body": "  "}, {"body": "x"}])
def test_a_message_needs_a_recipient_and_a_text(args: dict[str, Any]) -> None:
    with pytest.raises(AgentFailed, match="needs"):
        outbox.send(args, KEY)


def test_the_same_refund_has_the_same_receipt() -> None:
    args: dict[str, Any] = {"order": "88120", "amount": 148.0}
    assert payments.refund(args, KEY) == payments.refund(args, KEY)
    assert payments.refund(args, KEY)["receipt"] != payments.refund(args, ToolContext("other"))["receipt"]


@pytest.mark.parametrize("amount", [0, -1, "5", None, True, float("nan"), float("inf")])
def test_a_refund_needs_an_amount(amount: Any) -> None:
    with pytest.raises(AgentFailed, match="above zero"):
        payments.refund({"order": "88120", "amount": amount}, KEY)
