"""Policies: the list, one version with its rules as sentences, and what it decided lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.rules.combine import Stage
from coordination.engine.rules.explain import explain
from coordination.engine.rules.wording import PLACE
from coordination.engine.rules.wording import words as as_words
from coordination.policies.models import Policy, PolicyDecision, PolicyVersion, VersionStatus
from coordination.web.contexts import status as statuses
from coordination.web.contexts.parts import Pager
from coordination.web.contexts.status import Status
from coordination.web.contexts.versions import Act, VersionView, views_of

EFFECTS = {
    "allow": Status("allow", "ok", "done", "allow"),
    "require_approval": Status("require_approval", "wait", "person", "require approval"),
    "deny": Status("deny", "bad", "stopped", "deny"),
}
HOOKS = {"action": "before an action", "agent.call": "before an agent is called"}


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy in the list."""

    policy: Policy
    link: str
    status: Status
    n_rules: int | None
    owner: str
    fired: int

    @classmethod
    def of(cls, policy: Policy) -> "PolicyRow":
        """Return the row; `policy` comes with how often it fired."""
        enforced = policy.enforced
        return cls(
            policy=policy,
            link=reverse("policy", args=[policy.name]),
            status=(
                Status("enforced", "ok", "done", f"v{enforced.number} enforced")
                if enforced
                else Status("off", "idle", "idle", "Not enforced")
            ),
            n_rules=len(enforced.spec["rules"]) if enforced else None,
            owner=enforced.spec.get("owner", "") if enforced else "",
            fired=getattr(policy, "fired", 0),
        )


@dataclass(frozen=True, slots=True)
class PoliciesPage:
    """The list of policies."""

    rows: list[PolicyRow]
    pager: Pager
    here: str
    may_edit: bool

    @classmethod
    def of(cls, policies: Sequence[Policy], pager: Pager, membership: Membership, here: str) -> "PoliciesPage":
        """Compute the list for one member."""
        return cls([PolicyRow.of(one) for one in policies], pager, here, may(membership, Right.POLICY_EDIT))


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a rule's sentence: plain words, a parameter's value, or a fact that is filled in."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule, readable."""

    rule: Mapping[str, Any]
    effect: Status
    sentence: list[Part]
    asked: str
    hooks: str
    fired: int

    @classmethod
    def of(cls, rule: Mapping[str, Any], fired: int) -> "RuleView":
        """Return how the rule reads."""
        params = {f"params.{name}": param["value"] for name, param in (rule.get("params") or {}).items()}
        return cls(
            rule=rule,
            effect=EFFECTS[rule["effect"]],
            sentence=_sentence(rule["statement"], params),
            asked=_asked(rule.get("approval")),
            hooks=" and ".join(HOOKS[hook] for hook in rule["hooks"]),
            fired=fired,
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision in which the policy had a part."""

    decision: PolicyDecision
    status: Status
    said: str
    link: str

    @classmethod
    def of(cls, decision: PolicyDecision) -> "Decided":
        """Return the line."""
        link = f"{reverse('run', args=[decision.run_id])}?tab=decisions" if decision.run_id else ""
        said = explain(decision.outcome, decision.reasons)
        return cls(decision, statuses.of_verdict(decision.outcome), said, link)


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """One version of a policy."""

    policy: Policy
    version: PolicyVersion
    status: Status
    enforced: PolicyVersion | None
    here: str
    rules: list[RuleView]
    decisions: list[Decided]
    versions: list[VersionView[PolicyVersion]]
    may_edit: bool
    may_publish: bool
    is_enforced: bool

    @classmethod
    def of(
        cls,
        policy: Policy,
        version: PolicyVersion,
        fired: Mapping[str, int],
        decisions: Sequence[PolicyDecision],
        versions: Sequence[PolicyVersion],
        membership: Membership,
    ) -> "PolicyPage":
        """Compute the page for one member."""
        address, edits = reverse("policy", args=[policy.name]), may(membership, Right.POLICY_EDIT)
        return cls(
            policy=policy,
            version=version,
            status=_status(version),
            enforced=policy.enforced if policy.enforced_id != version.id else None,
            here=f"{address}?version={version.number}",
            rules=[RuleView.of(rule, fired.get(rule["key"], 0)) for rule in version.spec["rules"]],
            decisions=[Decided.of(one) for one in decisions],
            versions=views_of(
                versions,
                status=_status,
                acts=lambda one: _acts(policy, one) if edits else [],
                link=lambda one: f"{address}?version={one.number}",
            ),
            may_edit=edits,
            may_publish=edits and version.status == VersionStatus.DRAFT,
            is_enforced=policy.enforced_id is not None,
        )


def _status(version: PolicyVersion) -> Status:
    match version.status:
        case VersionStatus.ENFORCED:
            return Status("enforced", "ok", "done", f"v{version.number} enforced")
        case VersionStatus.DRAFT:
            return Status("draft", "idle", "idle", f"v{version.number} draft")
    return Status("superseded", "idle", "rerouted", f"v{version.number} was enforced")


def _acts(policy: Policy, version: PolicyVersion) -> list[Act]:
    if version.status == VersionStatus.DRAFT:
        return [Act(f"Publish v{version.number}", reverse("publish-policy", args=[policy.name]))]
    if version.status == VersionStatus.SUPERSEDED and version.published_at is not None:
        return [Act(f"Roll back to v{version.number}", reverse("rollback-policy", args=[policy.name]))]
    return []


def _sentence(text: str, params: Mapping[str, Any]) -> list[Part]:
    parts, at = [], 0
    for place in PLACE.finditer(text):
        name = place[1]
        parts.append(Part(text[at : place.start()]))
        parts.append(Part(as_words(params[name]), "param") if name in params else Part(name, "fact"))
        at = place.end()
    return [part for part in [*parts, Part(text[at:])] if part.text]


def _asked(approval: Mapping[str, Any] | None) -> str:
    if not approval:
        return ""
    users = tuple(approval.get("users") or ())
    return str(Stage(approval.get("role") or "", approval.get("group") or "", users, approval.get("n_required", 1)))
