"""A version is tried on what was decided, before anybody relies on it; whatever becomes of the worker, the row says."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.engine.manifest import Manifest, Metadata
from coordination.policies import selectors
from coordination.policies.errors import BacktestOver, BacktestRunning, BacktestUnknown
from coordination.policies.models import Backtest, Policy, PolicyDecision, PolicyVersion, VersionStatus
from coordination.policies.selectors.lifecycle import loosening_of
from coordination.policies.services import (
    cancel_backtest,
    comparing,
    decide,
    find_lost_backtests,
    perform_backtest,
    restart_backtest,
    save_draft,
    start_backtest,
)
from coordination.shared.clock import now
from tests.integration.policies.rules import (
    EDITOR,
    Enforce,
    agent_call,
    never_after_hours,
    over_limit,
    policy,
    refund,
    small_is_fine,
)

Draft = Callable[..., PolicyVersion]


@pytest.fixture
def draft(acme: Organization) -> Draft:
    def drafted(*rules: dict[str, Any], name: str = "refund-limits") -> PolicyVersion:
        manifest = Manifest(kind="Policy", metadata=Metadata(name=name), spec=policy(*rules))
        return save_draft(acme, manifest, EDITOR)

    return drafted


def refunds(organization: Organization, *amounts: float, **changes: Any) -> None:
    for at, amount in enumerate(amounts):
        decide(organization, refund(amount, **changes), subject=f"run:{at}/step:refund")


def tried(version: PolicyVersion) -> Backtest:
    backtest = start_backtest(version, EDITOR)
    perform_backtest(backtest.pk)
    backtest.refresh_from_db()
    return backtest


def report_of(version: PolicyVersion) -> dict[str, Any]:
    backtest = tried(version)
    assert backtest.status == "finished", backtest.error
    assert backtest.report is not None
    return backtest.report


def lower(to: float) -> dict[str, Any]:
    return over_limit(params={"limit": {"type": "double", "value": to}})


class TestWhatItFinds:
    def test_flips_from_what_is_enforced_to_the_draft(self, acme: Organization, enforce: Enforce, draft: Draft) -> None:
        enforce(small_is_fine(when="action.amount <= 100.0"), over_limit())
        refunds(acme, 10, 60, 90, 200)
        backtest = tried(draft(small_is_fine(when="action.amount <= 50.0"), over_limit()))
        assert (backtest.status, backtest.done, backtest.total, backtest.against) == ("finished", 4, 4, 1)
        assert backtest.flips == {("allow", "require_approval"): 2}
        assert not backtest.loosens
        assert backtest.report is not None
        assert [row["agent"] for row in backtest.report["samples"]["stricter"]] == ["writer", "writer"]

    def test_a_draft_that_lets_more_through_says_so(self, acme: Organization, enforce: Enforce, draft: Draft) -> None:
        enforce(over_limit())
        refunds(acme, 10, 200)
        assert tried(draft(over_limit(), small_is_fine())).loosens

    def test_other_policies_hold_as_they_do_now(self, acme: Organization, enforce: Enforce, draft: Draft) -> None:
        refunds(acme, 10, 200)
        enforce(never_after_hours(when="true"), name="hours")
        report = report_of(draft(small_is_fine(when="true")))
        assert report["matrix"]["deny"]["deny"] == 2
        assert report["decided_otherwise"] == 2

    def test_only_decisions_that_the_rules_speak_about(self, acme: Organization, draft: Draft) -> None:
        refunds(acme, 10)
        decide(acme, agent_call(), subject="s")
        assert report_of(draft(over_limit()))["n"] == 1
        assert report_of(draft(over_limit(hooks=["agent.call", "action"])))["n"] == 2

    def test_only_the_last_thirty_days(self, acme: Organization, draft: Draft) -> None:
        old = decide(acme, refund(), subject="s", record=False)
        old.row.created_at = now() - timedelta(days=31)
        old.row.save(force_insert=True)
        refunds(acme, 10)
        assert report_of(draft(over_limit()))["n"] == 1

    def test_only_so_many_and_then_the_newest(
        self, acme: Organization, draft: Draft, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(comparing, "MOST", 3)
        monkeypatch.setattr(comparing, "_CHUNK", 2)
        refunds(acme, 1, 2, 300, 400, 500)
        report = report_of(draft(over_limit(effect="deny", approval=None)))
        assert (report["n"], report["truncated"], report["stricter"]) == (3, True, 3)

    def test_never_another_organizations_decisions(
        self, acme: Organization, globex: Organization, draft: Draft
    ) -> None:
        refunds(globex, 200, 300)
        refunds(acme, 200)
        backtest = tried(draft(over_limit(effect="deny", approval=None)))
        assert backtest.report is not None
        assert (backtest.total, backtest.report["n"]) == (1, 1)
        with pytest.raises(BacktestUnknown):
            selectors.backtest(globex, backtest.pk)

    def test_what_could_not_be_kept_then_is_not_judged_now(self, acme: Organization, draft: Draft) -> None:
        refunds(acme, 10)
        decide(acme, refund(5, **{"action.args": {"text": "x" * 70_000}}), subject="s")
        report = report_of(draft(small_is_fine()))
        assert (report["unreplayable"]["n"], report["unreplayable"]["share"]) == (1, 0.5)

    def test_a_version_that_reads_what_nobody_looked_up_does_not_pass_for_one_that_tightens(
        self, acme: Organization, enforce: Enforce, draft: Draft
    ) -> None:
        enforce(over_limit(effect="deny", approval=None))
        decide(acme, refund(200), subject="s", run_id=uuid4())
        version = draft(never_after_hours(when="size(history.tools) > 99"))
        assert report_of(version)["unreplayable"]["share"] == 1.0
        assert loosening_of(version.policy, version).loosens

    def test_a_runaway_condition_is_an_error_not_a_hang(self, acme: Organization, draft: Draft) -> None:
        refunds(acme, 10, facts={"many": list(range(1, 101))})
        endless = "facts.many.all(a, facts.many.all(b, facts.many.all(c, a + b + c > 0)))"
        report = report_of(draft(small_is_fine(when=endless)))
        assert report["errors"]["n"] == 1
        assert report["matrix"]["require_approval"]["deny"] == 1

    def test_the_effort_is_assumed_until_people_have_decided(self, acme: Organization, draft: Draft) -> None:
        refunds(acme, 200)
        approvals = report_of(draft(over_limit()))["approvals"]
        assert (approvals["seconds_each"], approvals["is_assumed"]) == (120.0, True)

    def test_it_gives_the_same_again(self, acme: Organization, enforce: Enforce, draft: Draft) -> None:
        enforce(over_limit())
        refunds(acme, 10, 60, 90, 200)
        version = draft(lower(50))
        backtest = tried(version)
        first = backtest.report
        perform_backtest(restart_backtest(backtest, EDITOR).pk)
        backtest.refresh_from_db()
        assert first is not None
        assert backtest.report is not None
        moving = {"until", "approvals", "days"}
        assert {k: v for k, v in first.items() if k not in moving} == {
            k: v for k, v in backtest.report.items() if k not in moving
        }


class TestItsLife:
    def test_it_is_on_record_from_its_start_to_its_end(self, acme: Organization, draft: Draft) -> None:
        version = draft(over_limit())
        tried(version)
        kinds = AuditEvent.objects.filter(organization=acme, kind__startswith="PolicyBacktest").order_by("stream_no")
        assert [event.kind for event in kinds] == ["PolicyBacktestStarted", "PolicyBacktestFinished"]

    def test_a_valid_version_is_backtested_afterwards(self, acme: Organization, draft: Draft) -> None:
        version = draft(over_limit())
        PolicyVersion.objects.filter(pk=version.pk).update(status=VersionStatus.VALIDATED)
        tried(version)
        version.refresh_from_db()
        assert version.status == VersionStatus.BACKTESTED

    def test_one_at_a_time_for_a_version(self, acme: Organization, draft: Draft) -> None:
        version = draft(over_limit())
        running = start_backtest(version, EDITOR)
        with pytest.raises(BacktestRunning):
            start_backtest(version, EDITOR)
        with pytest.raises(BacktestRunning):
            restart_backtest(running, EDITOR)

    def test_a_worker_is_rung_once_the_row_is_there(
        self,
        acme: Organization,
        draft: Draft,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        sent: list[tuple[str, dict[str, Any], str]] = []
        monkeypatch.setattr(
            "coordination.shared.jobs.current_app.send_task",
            lambda task, kwargs, queue, retry: sent.append((task, kwargs, queue)),
        )
        version = draft(over_limit())
        with django_capture_on_commit_callbacks(execute=True):
            backtest = start_backtest(version, EDITOR)
        assert ("policies.backtest", {"backtest_id": str(backtest.pk)}, "cpu") in sent

    def test_done_twice_it_is_done_once(self, acme: Organization, draft: Draft) -> None:
        backtest = tried(draft(over_limit()))
        finished_at = backtest.finished_at
        perform_backtest(backtest.pk)
        backtest.refresh_from_db()
        assert backtest.finished_at == finished_at

    def test_called_off_before_it_began_it_never_begins(self, acme: Organization, draft: Draft) -> None:
        backtest = start_backtest(draft(over_limit()), EDITOR)
        cancel_backtest(backtest, EDITOR)
        perform_backtest(backtest.pk)
        backtest.refresh_from_db()
        assert (backtest.status, backtest.report) == ("cancelled", None)
        with pytest.raises(BacktestOver):
            cancel_backtest(backtest, EDITOR)

    def test_called_off_on_the_way_it_stops(
        self, acme: Organization, draft: Draft, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refunds(acme, 1, 2, 3)
        monkeypatch.setattr(comparing, "_TELL_EVERY_S", 0.0)
        backtest = start_backtest(draft(over_limit()), EDITOR)
        judged: list[str] = []
        judge = comparing.Comparison.judge

        def cancel_at_the_second(self: Any, case: Any) -> Any:
            judged.append(case.id)
            if len(judged) == 2:
                cancel_backtest(backtest, EDITOR)
            return judge(self, case)

        monkeypatch.setattr(comparing.Comparison, "judge", cancel_at_the_second)
        perform_backtest(backtest.pk)
        backtest.refresh_from_db()
        assert (backtest.status, len(judged), backtest.done) == ("cancelled", 2, 1)

    def test_rules_that_take_too_long_end_it(
        self, acme: Organization, draft: Draft, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refunds(acme, 1, 2)
        monkeypatch.setattr(comparing, "MOST_S", -1.0)
        backtest = tried(draft(over_limit()))
        assert backtest.status == "failed"
        assert "took longer" in backtest.error

    def test_an_error_nobody_thought_of_is_said(
        self, acme: Organization, draft: Draft, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise KeyError("surprise")

        monkeypatch.setattr(comparing, "rules_besides", fail)
        backtest = tried(draft(over_limit()))
        assert (backtest.status, backtest.report) == ("failed", None)
        assert backtest.error

    def test_another_version_enforced_since_makes_it_outdated(
        self, acme: Organization, enforce: Enforce, draft: Draft
    ) -> None:
        enforce(over_limit())
        version = draft(lower(50))
        tried(version)
        assert [found and found.is_outdated for found in [selectors.latest_report(version)]] == [False]
        enforce(lower(70))
        assert [found and found.is_outdated for found in [selectors.latest_report(version)]] == [True]


class TestItsWorkerDies:
    @pytest.fixture
    def silent(self, acme: Organization, draft: Draft) -> Backtest:
        """Return a backtest that a worker began and has not been heard of since."""
        refunds(acme, 10)
        backtest = start_backtest(draft(over_limit()), EDITOR)
        long_ago = now() - timedelta(minutes=1)
        Backtest.objects.filter(pk=backtest.pk).update(status="running", seen_at=long_ago, done=1, total=9)
        return backtest

    def test_the_row_says_so_and_how_far_it_was(self, silent: Backtest) -> None:
        assert find_lost_backtests() == 1
        silent.refresh_from_db()
        assert (silent.status, silent.done, silent.total, silent.is_open) == ("lost", 1, 9, False)
        assert "Start it again" in silent.error
        assert find_lost_backtests() == 0

    def test_it_can_be_started_again_from_its_beginning(self, silent: Backtest) -> None:
        find_lost_backtests()
        again = restart_backtest(silent, EDITOR)
        perform_backtest(again.pk)
        again.refresh_from_db()
        assert (again.pk, again.status, again.done, again.error) == (silent.pk, "finished", 1, "")

    def test_a_new_one_needs_no_sweep_before_it(self, silent: Backtest) -> None:
        assert start_backtest(silent.version, EDITOR).status == "queued"
        silent.refresh_from_db()
        assert silent.status == "lost"

    def test_one_that_comes_back_late_changes_nothing(self, silent: Backtest, monkeypatch: pytest.MonkeyPatch) -> None:
        Backtest.objects.filter(pk=silent.pk).update(status="queued")

        def lose(*_: object) -> list[Any]:
            Backtest.objects.filter(pk=silent.pk).update(seen_at=now() - timedelta(minutes=1))
            find_lost_backtests()
            restart_backtest(Backtest.objects.get(pk=silent.pk), EDITOR)
            Backtest.objects.filter(pk=silent.pk).update(status="running")
            return []

        monkeypatch.setattr(comparing, "rules_besides", lose)
        perform_backtest(silent.pk)
        silent.refresh_from_db()
        assert (silent.status, silent.attempt, silent.report) == ("running", 2, None)

    def test_a_message_that_nobody_answered_is_sent_again(
        self, acme: Organization, draft: Draft, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backtest = start_backtest(draft(over_limit()), EDITOR)
        Backtest.objects.filter(pk=backtest.pk).update(seen_at=now() - timedelta(minutes=2))
        sent: list[dict[str, Any]] = []
        monkeypatch.setattr("coordination.shared.jobs.Job.later", lambda self, **arguments: sent.append(arguments))
        find_lost_backtests()
        find_lost_backtests()
        assert sent == [{"backtest_id": str(backtest.pk)}]

    def test_decisions_are_only_read(self, silent: Backtest) -> None:
        before = list(PolicyDecision.objects.values())
        find_lost_backtests()
        perform_backtest(restart_backtest(silent, EDITOR).pk)
        assert list(PolicyDecision.objects.values()) == before
        assert Policy.objects.get().enforced is None
