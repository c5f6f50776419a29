"""Do a backtest: in a worker that may be killed at any moment, in steps that tell how far it is."""

import logging
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.approvals.selectors import median_effort_s
from coordination.engine.rules.backtest import Case, Comparison
from coordination.engine.rules.hooks import HOOKS, hooks_of
from coordination.engine.rules.replaying import Unreplayable
from coordination.engine.rules.ruleset import Broken, Rule
from coordination.engine.rules.tally import Effort, Tally
from coordination.policies.models import Backtest, BacktestStatus, Policy, PolicyDecision, PolicyVersion
from coordination.policies.services.backtesting import ring_for
from coordination.policies.services.enforced import imposed_rules, rules_in
from coordination.policies.services.records import record
from coordination.policies.services.validating import mark_backtested
from coordination.shared.clock import now
from coordination.shared.live import ring

logger = logging.getLogger(__name__)

PERIOD = timedelta(days=30)
MOST = 10_000
# Rules that need longer than this for so few decisions would slow down every act.
MOST_S = 300.0
ASSUMED_EFFORT_S = 120.0
_CHUNK = 250
_TELL_EVERY_S = 0.5
_FIELDS = ("id", "created_at", "hook", "agent", "action", "subject", "run_id", "step", "outcome", "input", "reasons")


class _NotOurs(Exception):
    """Somebody called it off, or took it for dead."""


class _TooLong(Exception):
    """The rules need too long."""


def perform_backtest(backtest_id: UUID) -> None:
    """Judge the version of a backtest that nobody has begun, and keep the report."""
    began = Backtest.objects.filter(pk=backtest_id, status=BacktestStatus.QUEUED).update(
        status=BacktestStatus.RUNNING,
        started_at=now(),
        seen_at=now(),
        worker=f"{socket.gethostname()}/{os.getpid()}",
    )
    if not began:
        return
    backtest = Backtest.objects.select_related("organization", "policy__enforced", "version__policy").get(
        pk=backtest_id
    )
    ring_for(backtest)
    with suppress(_NotOurs):
        try:
            _compare(backtest)
        except _NotOurs:
            raise
        except _TooLong:
            _fail(backtest, f"The rules took longer than {MOST_S:.0f} seconds for {backtest.done} decisions.")
        except Exception:  # Whatever it was, the row says that it failed, and the log says why.
            logger.exception("The backtest %s failed.", backtest.pk)
            _fail(backtest, "The backtest failed; the log of the worker says why.")


def rules_besides(policy: Policy) -> list[Rule | Broken]:
    """Return the rules of all other policies that hold, and what is imposed beside them."""
    others = Policy.objects.filter(organization_id=policy.organization_id, enforced__isnull=False).exclude(pk=policy.pk)
    rows = others.order_by("name").values_list("name", "enforced__number", "enforced__spec")
    return [rule for row in rows for rule in rules_in(*row)] + imposed_rules(policy.organization_id)


def decisions_to_judge(organization_id: UUID, hooks: Sequence[str], until: datetime) -> list[UUID]:
    """Return the decisions at these hooks that are looked at, the oldest first."""
    stored = PolicyDecision.objects.filter(
        organization_id=organization_id, hook__in=hooks, created_at__gte=until - PERIOD, created_at__lt=until
    )
    return list(stored.order_by("-id").values_list("pk", flat=True)[:MOST])[::-1]


def _compare(backtest: Backtest) -> None:
    policy, version, until = backtest.policy, backtest.version, now()
    enforced = policy.enforced
    before = _rules_of(policy, enforced) if enforced else []
    after = _rules_of(policy, version)
    found = decisions_to_judge(backtest.organization_id, _hooks(before, after), until)
    backtest.total, backtest.against = len(found), enforced.number if enforced else None
    progress = _Progress(backtest)
    progress.tell()
    comparison = Comparison(rules_besides(policy), before, after)
    tally = Tally()
    for case in _cases(backtest.organization_id, found):
        try:
            tally.add(comparison.judge(case))
        except Unreplayable as problem:
            tally.skip(case, str(problem))
        progress.one_more()
    effort = _effort(backtest.organization, until - PERIOD)
    report = tally.report(until, effort, (_keys(before), _keys(after)))
    _finish(backtest, {**report, "truncated": len(found) == MOST})


class _Progress:
    """Say how far it is, and that the worker lives; stop as soon as somebody has called it off."""

    def __init__(self, backtest: Backtest) -> None:
        self._backtest = backtest
        self._began = self._told = time.monotonic()

    def one_more(self) -> None:
        self._backtest.done += 1
        moment = time.monotonic()
        if moment - self._told > _TELL_EVERY_S:
            self._told = moment
            self.tell()
        if moment - self._began > MOST_S:
            raise _TooLong

    def tell(self) -> None:
        row = self._backtest
        _write(row, seen_at=now(), done=row.done, total=row.total, against=row.against)
        ring(row.organization_id, f"backtest-{row.pk}")


def _write(backtest: Backtest, **fields: Any) -> None:
    """Change the row if it is still this worker's to change."""
    ours = Backtest.objects.filter(pk=backtest.pk, attempt=backtest.attempt, status=BacktestStatus.RUNNING)
    if not ours.update(**fields):
        raise _NotOurs


def _cases(organization_id: UUID, found: Sequence[UUID]) -> Iterator[Case]:
    for start in range(0, len(found), _CHUNK):
        chunk = PolicyDecision.objects.filter(organization_id=organization_id, pk__in=found[start : start + _CHUNK])
        for row in chunk.order_by("pk").values_list(*_FIELDS):
            decision_id, at, hook, agent, action, subject, run_id, step, outcome, known, reasons = row
            yield Case(
                id=str(decision_id),
                at=at,
                hook=hook,
                agent=agent,
                action=action,
                subject=subject,
                run=str(run_id or ""),
                step=step,
                decided=outcome,
                input=known,
                is_whole=not _was_cut(reasons),
            )


def _was_cut(reasons: Any) -> bool:
    """Tell whether it was refused before any rule was asked: what was known could not be kept as it was."""
    first = reasons[0] if reasons else {}
    return first.get("code") == "policy-error" and first.get("policy") == "default" and not first.get("version")


def _rules_of(policy: Policy, version: PolicyVersion) -> list[Rule | Broken]:
    return rules_in(policy.name, version.number, version.spec)


def _hooks(*sets: Sequence[Rule | Broken]) -> list[str]:
    rules = [rule for rules in sets for rule in rules]
    if any(isinstance(rule, Broken) for rule in rules):
        return [*HOOKS]
    return sorted({hook for rule in rules if isinstance(rule, Rule) for hook in hooks_of(rule.hooks)})


def _keys(rules: Sequence[Rule | Broken]) -> set[str]:
    return {rule.key for rule in rules if isinstance(rule, Rule)}


def _effort(organization: Organization, since: datetime) -> Effort:
    known = median_effort_s(organization, since)
    return Effort(ASSUMED_EFFORT_S, is_assumed=True) if known is None else Effort(known, is_assumed=False)


@transaction.atomic
def _finish(backtest: Backtest, report: dict[str, Any]) -> None:
    moment = now()
    _write(
        backtest,
        status=BacktestStatus.FINISHED,
        seen_at=moment,
        finished_at=moment,
        done=backtest.done,
        report=report,
    )
    found: dict[str, Any] = {"n": report["n"], "stricter": report["stricter"], "looser": report["looser"]}
    record("PolicyBacktestFinished", backtest.version, SYSTEM, backtest=str(backtest.pk), **found)
    mark_backtested(backtest.version, SYSTEM)
    ring_for(backtest)


def _fail(backtest: Backtest, why: str) -> None:
    _write(backtest, status=BacktestStatus.FAILED, finished_at=now(), error=why, done=backtest.done)
    ring_for(backtest)
