"""What leaves the house: what happened to what, how much is at risk, and a link to a page that asks to sign in.

Nothing else: no argument of an action and no title that may quote one, no reason that somebody typed, and no way to
decide anything.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from coordination.notifications.catalogue import TEST, topic_of
from coordination.notifications.models import Notice, Shape
from coordination.shared.json import JsonObject

_COLOURS = {"bad": "attention", "wait": "warning", "ok": "good"}


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that happened, as it is told outside."""

    id: str
    topic: str
    says: str
    title: str
    band: str
    link: str
    at: datetime
    organization: str
    object: str = ""

    @classmethod
    def of(cls, notice: Notice, title: str, organization: str) -> "Message":
        """Return what a notice says; `title` names what it is about."""
        says = topic_of(notice.topic).says
        return cls(
            str(notice.pk), notice.topic, says, title, notice.band, absolute(notice.link), notice.at, organization,
            notice.object,
        )  # fmt: skip

    @classmethod
    def test(cls, delivery: UUID, organization: str, moment: datetime) -> "Message":
        """Return a message that only shows that messages arrive."""
        title = "Nothing happened; somebody wanted to see this arrive"
        return cls(str(delivery), TEST, "This is a test", title, "", absolute("/notifications/"), moment, organization)

    @property
    def line(self) -> str:
        """Return it in one line."""
        risk = f" ({self.band} risk)" if self.band else ""
        return f"{self.says}: {self.title}{risk}"


def absolute(path: str) -> str:
    """Return the address of a page as others reach it."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def mail(messages: Sequence[Message], person: str, organization: str) -> tuple[str, str]:
    """Return the subject and the text of one e-mail about all of these."""
    first = messages[0]
    subject = first.line if len(messages) == 1 else f"{len(messages)} things happened in {organization}"
    parts = [f"{one.line}\n{one.link}" for one in messages]
    ending = (
        "The links lead to pages that ask you to sign in; opening one decides nothing.\n"
        f"What you are told, and when: {absolute('/notifications/settings/')}"
    )
    # A line break in a subject would begin another header.
    return " ".join(subject.split())[:180], "\n\n".join([f"Hello {person},", *parts, "-- \n" + ending])


def body(message: Message, shape: str) -> bytes:
    """Return what a webhook is sent, in the shape that it takes."""
    return json.dumps(_SHAPES[Shape(shape)](message), ensure_ascii=False).encode()


def _standard(message: Message) -> JsonObject:
    return {
        "type": message.topic,
        "timestamp": message.at.isoformat(),
        "data": {
            "id": message.id,
            "organization": message.organization,
            "says": message.says,
            "title": message.title,
            "band": message.band,
            "object": message.object,
            "link": message.link,
        },
    }


def _slack(message: Message) -> JsonObject:
    """Return a message of Slack's incoming webhooks; only these three characters have a meaning there."""
    said, title = (_escaped(text) for text in (message.says, message.title))
    risk = f"\n_{message.band} risk_" if message.band else ""
    text = f"*{said}*\n<{message.link}|{title}>{risk}"
    return {
        "text": _escaped(message.line),
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}],
    }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(message: Message) -> JsonObject:
    """Return a message of Teams' workflows: an adaptive card, whose texts are plain runs and not Markdown."""
    colour = _COLOURS.get(topic_of(message.topic).tone, "default")
    facts: list[JsonObject] = [_run(f"{message.band} risk", isSubtle=True)] if message.band else []
    content: JsonObject = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": message.line,
        "body": [
            _run(message.says, weight="bolder", color=colour), _run(message.title), *facts,
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": message.link}],
    }  # fmt: skip
    card: JsonObject = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    return {"type": "message", "attachments": [card]}


def _run(text: str, **style: str | bool) -> JsonObject:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


_SHAPES = {Shape.STANDARD: _standard, Shape.SLACK: _slack, Shape.TEAMS: _teams}
