"""People who are told things, and an address outside that takes calls."""

from http.server import BaseHTTPRequestHandler
from typing import ClassVar

from coordination.accounts.models import Membership
from coordination.audit.models import AuditEvent
from coordination.notifications.models import InboxItem
from coordination.notifications.services import tell
from coordination.notifications.telling import kinds
from tests.integration.approvals.desk import Desk


class Told:
    """What was recorded so far, told; and what came into whose inbox."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.organization = desk.world.organization

    def person(self, name: str, *roles: str, groups: tuple[str, ...] = (), email: bool = True) -> Membership:
        member = self.desk.person(name, *roles, groups=groups)
        member.user.email = f"{name}@example.org" if email else ""
        member.user.save()
        return member

    def catch_up(self) -> None:
        """Tell all that is on record; what was told is not told again."""
        tell(AuditEvent.objects.filter(organization=self.organization, kind__in=kinds({"run.finished"})))

    def inbox(self, member: Membership) -> list[str]:
        """Return the topics in an inbox, oldest first."""
        found = InboxItem.objects.filter(member=member).select_related("notice").order_by("pk")
        return [item.notice.topic for item in found]

    def unread(self, member: Membership) -> list[str]:
        found = InboxItem.objects.filter(member=member, read_at=None, settled_at=None).select_related("notice")
        return [item.notice.topic for item in found.order_by("pk")]


class Outside(BaseHTTPRequestHandler):
    """An address outside: it keeps what it is sent, and answers as a test says."""

    received: ClassVar[list[tuple[bytes, dict[str, str]]]] = []
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((body, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass
