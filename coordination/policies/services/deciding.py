"""May this happen? Decide it by the enforced rules, before it does, and keep why."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from coordination.accounts.models import Organization
from coordination.engine.cel import ENGINE
from coordination.engine.rules.combine import Charge, Effect, Reason, Verdict, combine
from coordination.engine.rules.derived import derived
from coordination.engine.rules.facts import complete, storable
from coordination.engine.rules.hooks import HOOKS
from coordination.engine.rules.limits import Bucket, Limit
from coordination.engine.rules.redacting import Place, Redaction, redacted
from coordination.engine.rules.rulebook import Judgement, Rulebook, Shadow
from coordination.engine.rules.ruleset import cannot_decide
from coordination.engine.rules.stages import Chain, Stage
from coordination.policies.models import PolicyDecision
from coordination.policies.services.counting import Counted
from coordination.policies.services.enforced import rules_of
from coordination.shared.clock import now
from coordination.shared.writing import blank, insert

logger = logging.getLogger(__name__)

Lookups = Mapping[str, Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided and why; `row` is its record, written or to be written with `bulk_record`.

    Where `places` says that something was taken out, `content` is what remains of what the act is about, and
    `redactions` are the rules that did it. What people agree to later is counted later, with `count`.
    """

    id: UUID
    outcome: str
    reasons: tuple[Reason, ...]
    chain: Chain
    versions: Mapping[str, int]
    micros: int
    row: PolicyDecision
    warnings: tuple[Reason, ...] = ()
    redactions: tuple[Redaction, ...] = ()
    places: tuple[Place, ...] = ()
    content: Any = None
    charges: tuple[Charge, ...] = ()
    limits: Mapping[Bucket, Limit] = field(default_factory=dict)

    @property
    def stage(self) -> Stage | None:
        """Return the one stage that is asked, if it is one."""
        return self.chain[0] if len(self.chain) == 1 else None


@dataclass(slots=True)
class _Found:
    """What comes of deciding, before it is written down."""

    verdict: Verdict
    judgement: Judgement
    shadows: tuple[Shadow, ...] = ()
    shadow_outcome: str = ""
    limits: Mapping[Bucket, Limit] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    content: Any = None


def has_rules_for(organization_id: UUID, hook: str, stamp: UUID | None = None) -> bool:
    """Tell whether rules have a say at a hook; if they cannot be read, they may, and `decide` denies.

    Where they have none, nothing needs to be asked or recorded. One statement, or none when the caller read the stamp.
    """
    try:
        return rules_of(organization_id, stamp).speaks_at(hook)
    except Exception:  # Whatever is wrong with the rules is told by the denial.
        logger.exception("The policies of %s could not be read.", organization_id)
        return True


def decide(
    organization: Organization,
    facts: Mapping[str, Any],
    *,
    subject: str,
    run_id: UUID | None = None,
    step: str = "",
    record: bool = True,
    stamp: UUID | None = None,
    lookups: Callable[[], Lookups] | None = None,
) -> Decision:
    """Decide one act by the organization's enforced rules and write the record in the caller's transaction.

    `facts` are the variables of engine/rules/facts.py that apply; `lookups` says how those are found that cost
    something, and only what a rule reads is looked up. Two statements: the rules' stamp and the record; the caller that
    has read the stamp with a query of its own (`selectors.stamp_beside`) or records many decisions at once saves one
    each. No content makes this raise: what cannot be decided is a denial that says so.
    """
    began = time.perf_counter_ns()
    moment = now()
    run = str(run_id or "")
    # Only what was given is kept: the rest is zero.
    stored: dict[str, Any] = {}
    try:
        book = rules_of(organization.pk, stamp)
        known, stored, wrong = _known(book, {**facts, "now": moment}, lookups)
        found = _refused(wrong) if wrong else _judge(organization.pk, book, complete(known, moment), moment, run)
    except Exception:  # Whatever goes wrong while deciding must end as a denial, never as an act nobody decided on.
        logger.exception("Could not decide by the policies of %s.", organization.slug)
        found = _refused("The organization's rules could not be read, or what they ask about could not be found out.")
    stored = stored or storable({**facts, "now": moment})[0]
    row = _row(organization.pk, stored, found, subject, run_id, step)
    row.micros = (time.perf_counter_ns() - began) // 1000
    if record:
        row.save(force_insert=True)
    verdict = found.verdict
    return Decision(
        row.id,
        row.outcome,
        verdict.reasons,
        verdict.chain,
        row.versions,
        row.micros,
        row,
        warnings=verdict.warnings,
        redactions=verdict.redactions,
        places=found.places,
        content=found.content,
        charges=verdict.charges,
        limits=found.limits,
    )


def bulk_record(decisions: Iterable[Decision]) -> None:
    """Write the records of decisions taken with `record=False`, in one statement."""
    insert([decision.row for decision in decisions])


def count(organization_id: UUID, decision: Decision) -> None:
    """Count against its limits what had to wait for people and happens now, in the caller's transaction."""
    if decision.charges and decision.outcome == Effect.REQUIRE_APPROVAL.value:
        counted = Counted(organization_id, decision.limits, now())
        for charge in decision.charges:
            counted.take(charge)


def _known(
    book: Rulebook, facts: Mapping[str, Any], lookups: Callable[[], Lookups] | None
) -> tuple[Mapping[str, Any], dict[str, Any], str]:
    """Return the facts with those that rules read, how they are kept, and why nothing can be decided on them."""
    wanted = book.names_read_at(str(facts.get("hook")))
    if lookups is not None and not facts.keys() >= wanted:
        facts = {**facts, **_looked_up(lookups(), wanted - facts.keys())}
    stored, changed = storable(facts)
    if changed:
        return facts, stored, f"What is known about it cannot be kept as it is: {'; '.join(changed[:5])}."
    worked_out = derived(facts, wanted)
    if worked_out is not facts:
        stored |= {name: value for name, value in worked_out.items() if name not in facts}
    return worked_out, stored, ""


def _looked_up(lookups: Lookups, wanted: Set[str]) -> dict[str, Any]:
    found = {name: look_up for name, look_up in lookups.items() if name in wanted}
    if not found:
        return {}
    # A savepoint: when looking fails, the caller's transaction must live on, for the denial is recorded in it.
    with transaction.atomic():
        return {name: look_up() for name, look_up in found.items()}


def _judge(organization_id: UUID, book: Rulebook, known: Mapping[str, Any], moment: datetime, run: str) -> _Found:
    judgement = book.judge(known, time.perf_counter_ns, run)
    limits = judgement.limits(known)
    if not limits:
        return _found(judgement, known, {}, limits)
    with transaction.atomic():
        counted = Counted(organization_id, limits, moment)
        found = _found(judgement, known, counted.used, limits)
        if found.verdict.outcome is Effect.ALLOW:
            for charge in found.verdict.charges:
                counted.take(charge)
        for charge in _tried_charges(judgement, known, counted.used):
            counted.take(charge)
    return found


def _found(
    judgement: Judgement, known: Mapping[str, Any], used: Mapping[Bucket, float], limits: Mapping[Bucket, Limit]
) -> _Found:
    found = _Found(judgement.verdict(known, used), judgement, limits=limits)
    if judgement.tried:
        found.shadows, together = judgement.shadows(known, used)
        found.shadow_outcome = together.outcome.value
    hook = HOOKS.get(str(known.get("hook")))
    if found.verdict.redactions and hook is not None and found.verdict.outcome is not Effect.DENY:
        found.content, found.places = redacted(known.get(hook.redacts), found.verdict.redactions)
    return found


def _tried_charges(judgement: Judgement, known: Mapping[str, Any], used: Mapping[Bucket, float]) -> Iterable[Charge]:
    """Return what acts take out of limits on trial, which are counted so that it can be seen what they would do."""
    matches = [match for tried in judgement.tried for match in tried.said.matches if match.trial]
    return [charge for charge in combine(matches, known, used).charges if not charge.is_over]


def _refused(why: str) -> _Found:
    return _Found(Verdict(Effect.DENY, (cannot_decide(why),)), Judgement({}))


def _row(
    organization_id: UUID, stored: dict[str, Any], found: _Found, subject: str, run_id: UUID | None, step: str
) -> PolicyDecision:
    verdict, results, matches = found.verdict, found.judgement.results, found.judgement.matches
    row = blank(PolicyDecision)
    row.organization_id, row.subject, row.run_id, row.step = organization_id, subject, run_id, step
    row.hook = str(stored.get("hook", ""))[:40]
    row.agent = str(stored.get("agent.name", ""))[:100]
    row.action = str(stored.get("action.name", ""))[:100]
    row.input = stored
    row.outcome = verdict.outcome.value
    row.matched = [_matched(match.reason) for match in matches]
    row.policies = sorted({match.reason.policy for match in matches})
    row.results = [result.as_json() for result in results]
    row.reasons = [reason.as_json() for reason in verdict.reasons]
    row.stages = [stage.as_json() for stage in verdict.stages]
    row.versions = {result.policy: result.version for result in results}
    row.redactions = [place.as_json() for place in found.places]
    row.warnings = [reason.as_json() for reason in verdict.warnings]
    row.limits = [charge.as_json() for charge in verdict.charges]
    row.shadows = [shadow.as_json() for shadow in found.shadows]
    row.shadow_outcome, row.is_canary = found.shadow_outcome, found.judgement.is_canary
    row.engine = ENGINE
    return row


def _matched(reason: Reason) -> dict[str, Any]:
    return {
        "policy": reason.policy,
        "version": reason.version,
        "rule": reason.rule,
        "effect": reason.effect.value,
        "code": reason.code,
    }
