"""Send a message through Django's e-mail settings; without EMAIL_URL it becomes a file in the home folder's outbox.

Arguments: {to, subject, body}. Answer: {message_id, to, sent}.
"""

import hashlib
import re

from django.conf import settings
from django.core.mail import EmailMessage

from coordination.adapters.ports import AgentFailed, ToolContext, tool
from coordination.shared.json import Json

DOMAIN = "coordination.invalid"


@tool
def send(args: dict[str, Json], context: ToolContext) -> dict[str, Json]:
    """Send one message; a repeated call sends the same Message-ID, so that a mail system shows it once."""
    to, body = str(args.get("to") or "").strip(), str(args.get("body") or "")
    if not to or not body.strip():
        raise AgentFailed("bad-arguments", "A message needs someone to go to and a text.")
    # A line break in a header would start another header.
    subject = re.sub(r"\s+", " ", str(args.get("subject") or "")).strip()
    message_id = f"<{hashlib.sha256(context.idempotency_key.encode()).hexdigest()[:32]}@{DOMAIN}>"
    message = EmailMessage(
        subject,
        body,
        settings.DEFAULT_FROM_EMAIL,
        [_address(to)],
        headers={"Message-ID": message_id, "X-Idempotency-Key": context.idempotency_key},
    )
    message.send()
    return {"message_id": message_id, "to": to, "sent": True}


def _address(to: str) -> str:
    """Return an e-mail address as it is, and one that leads nowhere for a name such as a customer's number."""
    if re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+", to):
        return to
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', to).strip('-.') or 'unknown'}@{DOMAIN}"
