"""Forms about what people, queues and webhooks are told."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any, Final

from coordination.notifications.catalogue import BANDS, TOPICS
from coordination.notifications.models import Hours, Mail, Rhythm, Shape, Webhook
from coordination.notifications.selectors import Way
from coordination.shared.errors import FieldError
from coordination.web.forms.manifest import Wanted, joined, listed

USUAL: Final = ""
WAYS: Final[Mapping[str, str]] = {
    "off": "Nothing",
    "inbox": "Inbox",
    "inbox+instant": "Inbox, and e-mail at once",
    "inbox+digest": "Inbox, and in the digest",
    "instant": "E-mail at once, no inbox",
    "digest": "In the digest, no inbox",
}
_MEANT: Final[Mapping[str, Way]] = {
    "off": Way(inbox=False, mail=Mail.OFF),
    "inbox": Way(inbox=True, mail=Mail.OFF),
    "inbox+instant": Way(inbox=True, mail=Mail.INSTANT),
    "inbox+digest": Way(inbox=True, mail=Mail.DIGEST),
    "instant": Way(inbox=False, mail=Mail.INSTANT),
    "digest": Way(inbox=False, mail=Mail.DIGEST),
}
SHAPES: Final[Mapping[str, str]] = {str(shape.label): shape.value for shape in Shape}
RHYTHMS: Final[Mapping[str, str]] = {str(rhythm.label): rhythm.value for rhythm in Rhythm}
_EVERY_BAND: Final = "Whatever the risk"
_FROM_BAND: Final[Mapping[str, str]] = {_EVERY_BAND: "", **{f"From {band} on": band for band in BANDS[1:]}}


def way_value(way: Way | None) -> str:
    """Return how a form spells a way; nothing where none was chosen."""
    if way is None:
        return USUAL
    return next(value for value, meant in _MEANT.items() if (meant.inbox, meant.mail) == (way.inbox, way.mail))


def ways_in(typed: Mapping[str, str], *, queue: str) -> dict[str, Way | None]:
    """Return the ways that were chosen; what is not among them is as usual."""
    shown = [topic.code for topic in TOPICS.values() if topic.is_queued or not queue]
    return {code: _MEANT.get(typed.get(f"way.{code}", USUAL)) for code in shown}


def hours_fields() -> list[Wanted]:
    """Return the fields of when somebody is written to."""
    return [
        Wanted("zone", "/zone", "Time zone", "As Europe/Berlin. All hours are those of its clocks.", required=True),
        Wanted("rhythm", "/rhythm", "The digest comes", "", "choice", required=True, options=list(RHYTHMS)),
        Wanted("digest_at", "/digest_at", "A daily digest at", "", "time", required=True),
        Wanted("quiet_from", "/quiet_from", "No e-mail from", "The same hour twice means no hours of rest.", "time",
               required=True),
        Wanted("quiet_until", "/quiet_until", "E-mail again from", "What comes meanwhile is sent then.", "time",
               required=True),
        Wanted("wakes_for_critical", "/wakes_for_critical", "What is critical is sent in these hours too", "", "check"),
    ]  # fmt: skip


def typed_of_hours(hours: Hours) -> dict[str, str]:
    """Return what holds as it would have been typed."""
    return {
        "zone": hours.zone,
        "rhythm": str(Rhythm(hours.rhythm).label),
        "digest_at": f"{hours.digest_at:%H:%M}",
        "quiet_from": f"{hours.quiet_from:%H:%M}",
        "quiet_until": f"{hours.quiet_until:%H:%M}",
        "wakes_for_critical": "on" if hours.wakes_for_critical else "",
    }


def hours_in(typed: Mapping[str, str]) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the hours that were typed, and what is wrong with them."""
    found: dict[str, Any] = {
        "zone": typed.get("zone", "").strip(),
        "rhythm": RHYTHMS.get(typed.get("rhythm", ""), ""),
        "wakes_for_critical": "wakes_for_critical" in typed,
    }
    errors = []
    for name in ("digest_at", "quiet_from", "quiet_until"):
        try:
            found[name] = time.fromisoformat(typed.get(name, "").strip())
        except ValueError:
            errors.append(FieldError(f"/{name}", "write a time as 08:30"))
    return found, errors


def webhook_fields(queues: Sequence[str]) -> list[Wanted]:
    """Return the fields of a webhook."""
    known = ", ".join(TOPICS)
    return [
        Wanted("name", "/name", "Name", "By which you find it again.", required=True),
        Wanted("url", "/url", "Address", "It is called with POST; https, unless it is within your own network.",
               required=True),
        Wanted("shape", "/shape", "What takes it", "A chat needs its own way of writing.", "choice", required=True,
               options=list(SHAPES)),
        Wanted("topics", "/topics", "Topics", f"Nothing: all but finished runs. Otherwise of these: {known}.", "code"),
        Wanted("queues", "/queues", "Queues",
               f"Nothing: whatever the queue. Otherwise only what is asked of these: {joined(queues)}."),
        Wanted("least_band", "/least_band", "Risk", "Things without a risk are left out from medium on.", "choice",
               required=True, options=list(_FROM_BAND)),
    ]  # fmt: skip


def typed_of_webhook(webhook: Webhook | None) -> dict[str, str]:
    """Return a webhook as it would have been typed."""
    if webhook is None:
        return {"shape": str(Shape.STANDARD.label), "least_band": _EVERY_BAND}
    band = next(title for title, value in _FROM_BAND.items() if value == webhook.least_band)
    return {
        "name": webhook.name,
        "url": webhook.url,
        "shape": str(Shape(webhook.shape).label),
        "topics": joined(webhook.topics),
        "queues": joined(webhook.queues),
        "least_band": band,
    }


def webhook_in(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return what was typed about a webhook."""
    return {
        "name": typed.get("name", ""),
        "url": typed.get("url", ""),
        "shape": SHAPES.get(typed.get("shape", ""), ""),
        "topics": listed(typed.get("topics", "")),
        "queues": listed(typed.get("queues", "")),
        "least_band": _FROM_BAND.get(typed.get("least_band", ""), "?"),
    }
