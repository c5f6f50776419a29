"""May this change be made? Agents, roles, tools and policies change only as far as policies let them."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.engine.rules.hooks import AGENT_CHANGE, POLICY_CHANGE
from coordination.policies.errors import ActDenied
from coordination.policies.selectors import stamp_of
from coordination.policies.services.deciding import Decision, bulk_record, decide, has_rules_for

STREAM = "guard"


def ask_about_change(
    organization: Organization, actor: Actor, kind: str, verb: str, name: str, spec: Mapping[str, Any] | None = None
) -> None:
    """Ask the policies about a change that is about to be made, or was made in this transaction; raises ActDenied.

    An operator at the shell is not asked: whoever wrote a rule that stops every change gets out of it there.
    """
    if actor.kind == "system":
        return
    hook = POLICY_CHANGE if kind == "policy" else AGENT_CHANGE
    stamp = stamp_of(organization.pk)
    if not has_rules_for(organization.pk, hook, stamp):
        return
    about = {
        "hook": hook,
        "org.slug": organization.slug,
        "agent.name": name if kind == "agent" else "",
        "change.kind": kind,
        "change.verb": verb,
        "change.name": name,
        "change.by": actor.name,
    }
    decision = decide(
        organization,
        about,
        subject=f"{kind}:{name}",
        record=False,
        stamp=stamp,
        lookups=lambda: {"change.spec": lambda: dict(spec or {})},
    )
    allow_or_raise(decision, actor)
    bulk_record([decision])


def allow_or_raise(decision: Decision, actor: Actor) -> None:
    """Go on only if the decision allows it; raises ActDenied."""
    if decision.outcome != "allow":
        why = " ".join(reason.message for reason in decision.reasons) or "no rule lets it happen."
        raise ActDenied(why=why, record=decision.row, actor=actor)


@transaction.atomic
def keep_denial(denial: ActDenied) -> None:
    """Put on record what was refused, after the transaction in which it was tried has been taken back."""
    decided = denial.record
    decided.save(force_insert=True)
    said = {"policy_decision": str(decided.id), "hook": decided.hook, "why": denial.values["why"]}
    entry = Entry("ActDenied", said, object=decided.subject)
    append(decided.organization_id, STREAM, denial.actor, [entry])
