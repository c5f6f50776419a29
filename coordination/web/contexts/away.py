"""Who decides in whose place: rules that hold, come, or are over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.models import DelegationRule
from coordination.web.contexts.approval_tabs import AWAY, SETTINGS, settings_tabs, tabs
from coordination.web.contexts.parts import Choice, Pager, Problem
from coordination.web.contexts.status import Status
from coordination.web.forms.manifest import Filled
from coordination.web.forms.schema import Field


@dataclass(frozen=True, slots=True)
class AwayRow:
    """One rule."""

    rule: DelegationRule
    status: Status
    scope: str
    starts: str
    ends: str
    end_link: str


@dataclass(frozen=True, slots=True)
class AwayPage:
    """The rules that concern a member, and the form of a new one."""

    tabs: list[Choice]
    settings: list[Choice]
    rows: list[AwayRow]
    pager: Pager
    fields: list[Field]
    bands: list[Field]
    problems: list[Problem]
    may_arrange: bool
    for_others: bool
    zone: str

    @classmethod
    def of(
        cls,
        filled: Filled,
        rules: Iterable[DelegationRule],
        pager: Pager,
        membership: Membership,
        *,
        zone: str,
        now: datetime,
    ) -> "AwayPage":
        """Compute the page for one member."""
        for_others = may(membership, Right.OVERSIGHT_EDIT)
        return cls(
            tabs=tabs(SETTINGS),
            settings=settings_tabs(AWAY, may_edit=for_others),
            rows=[_row(rule, membership, for_others, zone, now) for rule in rules],
            pager=pager,
            fields=[field for name, field in filled.fields.items() if not name.startswith("band.")],
            bands=[field for name, field in filled.fields.items() if name.startswith("band.")],
            problems=filled.problems,
            may_arrange=for_others or may(membership, Right.APPROVAL_DECIDE),
            for_others=for_others,
            zone=zone,
        )


def _row(rule: DelegationRule, membership: Membership, for_others: bool, zone: str, now: datetime) -> AwayRow:
    is_over = rule.ended_at is not None or rule.ends_at <= now
    may_end = not is_over and (for_others or membership.user_id in (rule.giver_id, rule.taker_id))
    parts = [*(f"{band} risk" for band in rule.bands), *rule.operations, *rule.agents]
    place = ZoneInfo(zone)
    return AwayRow(
        rule=rule,
        status=_status(rule, is_over, now),
        scope=", ".join(parts) or "everything",
        starts=f"{rule.starts_at.astimezone(place):%Y-%m-%d %H:%M}",
        ends=f"{(rule.ended_at or rule.ends_at).astimezone(place):%Y-%m-%d %H:%M}",
        end_link=reverse("end-away", args=[rule.pk]) if may_end else "",
    )


def _status(rule: DelegationRule, is_over: bool, now: datetime) -> Status:
    if is_over:
        return Status("over", "idle", "stopped" if rule.ended_at else "done", "Ended" if rule.ended_at else "Over")
    if rule.starts_at > now:
        return Status("comes", "wait", "waiting", "Comes")
    return Status("holds", "ok", "person", "Holds")
