"""One pack after each period, whoever was away meanwhile."""

from datetime import UTC, datetime
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.reports.errors import ScheduleInvalid
from coordination.reports.models import Report, ReportSchedule
from coordination.reports.services import make_due_reports, scheduling, set_schedule
from tests.factories import make_organization


@pytest.fixture
def acme(db: None) -> Organization:
    return make_organization()


def at(monkeypatch: Any, *moment: int) -> None:
    """Let it be this moment."""
    present = datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type, misc]
    monkeypatch.setattr(scheduling, "now", lambda: present)


def periods() -> list[str]:
    return [f"{one.since:%Y-%m-%d}/{one.until:%Y-%m-%d}" for one in Report.objects.order_by("since")]


def test_switched_on_the_first_pack_is_about_the_month_before(acme: Organization, monkeypatch: Any) -> None:
    at(monkeypatch, 2026, 10, 20)
    set_schedule(acme, SYSTEM, is_active=True)
    assert make_due_reports() == 1
    assert periods() == ["2026-09-01/2026-10-01"]
    assert make_due_reports() == 0


def test_a_pack_follows_each_month_once(acme: Organization, monkeypatch: Any) -> None:
    at(monkeypatch, 2026, 8, 20)
    set_schedule(acme, SYSTEM, is_active=True)
    make_due_reports()
    at(monkeypatch, 2026, 8, 31, 23, 59)
    assert make_due_reports() == 0
    at(monkeypatch, 2026, 9, 1)
    assert make_due_reports() == 1
    assert make_due_reports() == 0
    assert periods() == ["2026-07-01/2026-08-01", "2026-08-01/2026-09-01"]


def test_months_that_went_by_unseen_are_made_up_for(acme: Organization, monkeypatch: Any) -> None:
    at(monkeypatch, 2026, 5, 2)
    set_schedule(acme, SYSTEM, is_active=True)
    make_due_reports()
    at(monkeypatch, 2026, 9, 3)
    make_due_reports()
    assert [period[:7] for period in periods()] == ["2026-04", "2026-05", "2026-06", "2026-07", "2026-08"]
    assert {one.occasion for one in Report.objects.all()} == {"scheduled"}


def test_switched_off_nothing_is_made_and_later_nothing_is_made_up_for(acme: Organization, monkeypatch: Any) -> None:
    at(monkeypatch, 2026, 1, 10)
    set_schedule(acme, SYSTEM, is_active=True)
    make_due_reports()
    set_schedule(acme, SYSTEM, is_active=False)
    at(monkeypatch, 2026, 9, 10)
    assert make_due_reports() == 0
    set_schedule(acme, SYSTEM, is_active=True)
    make_due_reports()
    assert [period[:7] for period in periods()] == ["2025-12", "2026-08"]


@pytest.mark.parametrize("changes", [{"every": "fortnight"}, {"keep": 0}, {"keep": 501}])
def test_a_schedule_that_makes_no_sense_is_refused(acme: Organization, changes: dict[str, Any]) -> None:
    with pytest.raises(ScheduleInvalid):
        set_schedule(acme, SYSTEM, is_active=True, **changes)
    assert not ReportSchedule.objects.filter(is_active=True).exists()
