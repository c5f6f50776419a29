"""May this happen? Decide it by the enforced rules, before it does, and keep why."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from coordination.accounts.models import Organization
from coordination.engine.cel import ENGINE
from coordination.engine.proof.canonical import digest_of
from coordination.engine.rules.combine import Effect, Match, Reason, Stage, Verdict, combine
from coordination.engine.rules.facts import complete, storable
from coordination.engine.rules.ruleset import Result, cannot_decide
from coordination.policies.models import PolicyDecision
from coordination.policies.services.enforced import rules_of
from coordination.shared.clock import now
from coordination.shared.writing import insert

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided and why; `row` is its record, written or to be written with `bulk_record`."""

    id: UUID
    outcome: str
    reasons: tuple[Reason, ...]
    stage: Stage | None
    versions: Mapping[str, int]
    micros: int
    row: PolicyDecision


def decide(
    organization: Organization,
    facts: Mapping[str, Any],
    *,
    subject: str,
    run_id: UUID | None = None,
    step: str = "",
    record: bool = True,
    stamp: UUID | None = None,
) -> Decision:
    """Decide one act by the organization's enforced rules and write the record in the caller's transaction.

    `facts` are the variables of engine/rules/facts.py that apply. Two statements: the rules' stamp and the record; the
    caller that has read the stamp with a query of its own (`selectors.stamp_beside`) or records many decisions at once
    saves one each. No content makes this raise: what cannot be decided is a denial that says so.
    """
    began = time.perf_counter_ns()
    moment = now()
    known = complete(facts, moment)
    # Only what was given is kept: the rest is zero.
    stored, changed = storable({**facts, "now": moment})
    verdict, results, matches = _judge(organization, known, changed, stamp)
    versions = {result.policy: result.version for result in results}
    micros = (time.perf_counter_ns() - began) // 1000
    row = PolicyDecision(
        organization_id=organization.pk,
        subject=subject,
        run_id=run_id,
        step=step,
        hook=str(stored.get("hook", ""))[:40],
        agent=str(stored.get("agent.name", ""))[:100],
        action=str(stored.get("action.name", ""))[:100],
        input=stored,
        input_digest=digest_of(stored),
        outcome=verdict.outcome.value,
        matched=[_matched(match.reason) for match in matches],
        policies=sorted({match.reason.policy for match in matches}),
        results=[result.as_json() for result in results],
        reasons=[reason.as_json() for reason in verdict.reasons],
        stages=[stage.as_json() for stage in verdict.stages],
        versions=versions,
        engine=ENGINE,
        micros=micros,
    )
    if record:
        row.save(force_insert=True)
    return Decision(row.id, verdict.outcome.value, verdict.reasons, verdict.stage, versions, micros, row)


def bulk_record(decisions: Iterable[Decision]) -> None:
    """Write the records of decisions taken with `record=False`, in one statement."""
    insert([decision.row for decision in decisions])


def _judge(
    organization: Organization, known: Mapping[str, Any], changed: Sequence[str], stamp: UUID | None
) -> tuple[Verdict, list[Result], list[Match]]:
    if changed:
        return _refused(f"What is known about it cannot be kept as it is: {'; '.join(changed[:5])}.")
    try:
        results, matches = rules_of(organization.pk, stamp).judge(known, time.perf_counter_ns)
        return combine(matches, known), results, matches
    except Exception:  # Whatever goes wrong while deciding must end as a denial, never as an act nobody decided on.
        logger.exception("Could not decide by the policies of %s.", organization.slug)
        return _refused("The organization's rules could not be read.")


def _refused(why: str) -> tuple[Verdict, list[Result], list[Match]]:
    return Verdict(Effect.DENY, (cannot_decide(why),)), [], []


def _matched(reason: Reason) -> dict[str, Any]:
    return {
        "policy": reason.policy,
        "version": reason.version,
        "rule": reason.rule,
        "effect": reason.effect.value,
        "code": reason.code,
    }
