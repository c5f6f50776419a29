"""What records of one organization talk about, looked up for all of them at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may, members
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.selectors.away import known_for
from coordination.approvals.selectors.queue import requests
from coordination.approvals.selectors.rules import substitutes
from coordination.audit.models import AuditEvent
from coordination.runs.models import Run

APPROVAL, RUN = "approval:", "run:"


@dataclass(frozen=True)
class Scene:
    """An organization, its people, and the questions and runs that are talked about."""

    organization: Organization
    people: Sequence[Membership]
    requests: Mapping[UUID, ApprovalRequest]
    runs: Mapping[UUID, Run]

    @classmethod
    def of(cls, organization: Organization, records: Iterable[AuditEvent]) -> "Scene":
        """Look up what the records are about; the number of statements does not depend on how many there are."""
        named = [record.object for record in records]
        people = list(members(organization).filter(user__is_active=True))
        known = substitutes(organization)
        for one in people:
            known_for(one, known.get(one.user_id, ()))
        asked = requests(organization).filter(pk__in=ids_of(named, APPROVAL))
        runs = Run.objects.filter(organization=organization, pk__in=ids_of(named, RUN))
        return cls(organization, people, {one.pk: one for one in asked}, {run.pk: run for run in runs})

    @cached_property
    def _by_name(self) -> dict[str, Membership]:
        return {one.user.username: one for one in self.people}

    @cached_property
    def _by_user(self) -> dict[int, Membership]:
        return {one.user_id: one for one in self.people}

    def request(self, record: AuditEvent) -> ApprovalRequest | None:
        """Return the question that a record is about."""
        return next((self.requests[one] for one in ids_of([record.object], APPROVAL) if one in self.requests), None)

    def run(self, record: AuditEvent) -> Run | None:
        """Return the run that a record is about."""
        return next((self.runs[one] for one in ids_of([record.object], RUN) if one in self.runs), None)

    def actor(self, record: AuditEvent) -> Membership | None:
        """Return the member who did it."""
        kind, _, name = record.actor.partition(":")
        return self._by_name.get(name) if kind == "user" else None

    def named(self, names: Any) -> dict[UUID, str]:
        """Return the members that a record names as those whom it concerns: in person, through no queue."""
        listed = [names] if isinstance(names, str) else names if isinstance(names, list) else []
        found = (self._by_name.get(str(name)) for name in listed)
        return {one.pk: "" for one in found if one is not None}

    def member(self, user_id: int | None) -> dict[UUID, str]:
        """Return a user as a member, if they are one."""
        found = self._by_user.get(user_id) if user_id is not None else None
        return {found.pk: ""} if found else {}

    def with_right(self, *rights: Right, but: AuditEvent | None = None) -> dict[UUID, str]:
        """Return everyone who has one of the rights, but not who did it themselves."""
        actor = self.actor(but) if but is not None else None
        return {one.pk: "" for one in self.people if one != actor and any(may(one, right) for right in rights)}


def ids_of(objects: Iterable[str], prefix: str) -> list[UUID]:
    """Return the identifiers in names like `run:<uuid>/step:send`, of those that begin so."""
    found = []
    for name in objects:
        if name.startswith(prefix):
            try:
                found.append(UUID(name.removeprefix(prefix).partition("/")[0]))
            except ValueError:
                continue
    return found
