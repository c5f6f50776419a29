"""One version of a policy: its head, its tabs, and beside them what it would change and how it comes into force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.policies.models import UNREVIEWED, Policy, PolicyDecision, PolicyVersion, VersionStatus
from coordination.policies.selectors.lifecycle import Progress
from coordination.policies.services.validating import RuleTests
from coordination.web.contexts.decided import Decided
from coordination.web.contexts.parts import Choice, Problem
from coordination.web.contexts.policy_backtest import BacktestPanel
from coordination.web.contexts.policy_editor import RuleEditor
from coordination.web.contexts.policy_rule import RuleView, fired_lately, would_have_fired
from coordination.web.contexts.policy_shadow import ShadowPanel
from coordination.web.contexts.policy_tabs import (
    DiffView,
    ExceptionView,
    HistoryRow,
    RuleParams,
    RuleTestsView,
    passing,
)
from coordination.web.contexts.policy_way import WayPanel
from coordination.web.contexts.policy_words import status_of
from coordination.web.contexts.status import Status

TABS = ("rules", "tests", "parameters", "exceptions", "diff", "history")


@dataclass(frozen=True, slots=True)
class Side:
    """What stands beside the tabs."""

    backtest: BacktestPanel | None
    shadow: ShadowPanel | None
    way: WayPanel


@dataclass(frozen=True, slots=True)
class Tab:
    """What the chosen tab shows; the lists of the other tabs are empty."""

    name: str = "rules"
    tests: list[RuleTestsView] = field(default_factory=list)
    params: list[RuleParams] = field(default_factory=list)
    exceptions: list[ExceptionView] = field(default_factory=list)
    diff: DiffView | None = None
    history: list[HistoryRow] = field(default_factory=list)
    # What was typed into the tab's form, and what is wrong with it.
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    rule_keys: list[str] = field(default_factory=list)
    # The version whose parameters or exceptions are shown: a change made alone starts from it.
    source: PolicyVersion | None = None


@dataclass(frozen=True, slots=True)
class Badge:
    """A version's state in the head, with the way to it."""

    status: Status
    link: str


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """One version of a policy."""

    policy: Policy
    version: PolicyVersion
    newest: PolicyVersion
    badges: list[Badge]
    here: str
    tabs: list[Choice]
    tab: Tab
    rules: list[RuleView]
    editor: RuleEditor | None
    editor_at: int
    lately: list[Decided]
    side: Side
    may_edit: bool
    is_enforced: bool
    is_newest: bool
    is_ready: bool

    @classmethod
    def of(
        cls,
        policy: Policy,
        version: PolicyVersion,
        newest: PolicyVersion,
        membership: Membership,
        *,
        candidate: PolicyVersion | None,
        progress: Progress | None,
        fired: Mapping[str, int],
        report: Mapping[str, Any] | None,
        tests: Sequence[RuleTests],
        tab: Tab,
        side: Side,
        lately: Sequence[PolicyDecision] = (),
        editor: RuleEditor | None = None,
        editor_at: int = -1,
    ) -> "PolicyPage":
        """Compute the page for one member; `editor_at` is the rule that is open, the number of rules a new one."""
        edits = may(membership, Right.POLICY_EDIT)
        address = reverse("policy", args=[policy.name])
        here = f"{address}?version={version.number}&tab={tab.name}"
        return cls(
            policy=policy,
            version=version,
            newest=newest,
            badges=_badges(policy, version, newest, candidate, progress),
            here=here,
            tabs=_tabs(policy, version, tests, tab.name),
            tab=tab,
            rules=_rules(policy, version, fired, report, edits and version.pk == newest.pk),
            editor=editor,
            editor_at=editor_at,
            lately=[Decided.of(one) for one in lately],
            side=side,
            may_edit=edits,
            is_enforced=policy.enforced_id is not None,
            is_newest=version.pk == newest.pk,
            is_ready=version.status in UNREVIEWED and version.status != VersionStatus.DRAFT,
        )


def _badges(
    policy: Policy,
    version: PolicyVersion,
    newest: PolicyVersion,
    candidate: PolicyVersion | None,
    progress: Progress | None,
) -> list[Badge]:
    """Return the states of what is enforced, tried out, looked at and newest, each version once."""
    address = reverse("policy", args=[policy.name])
    shown = {one.number: one for one in (policy.enforced, candidate, version, newest) if one is not None}
    return [
        Badge(
            status_of(one, progress if candidate is not None and one.pk == candidate.pk else None),
            "" if one.pk == version.pk else f"{address}?version={number}",
        )
        for number, one in sorted(shown.items())
    ]


def _tabs(policy: Policy, version: PolicyVersion, tests: Sequence[RuleTests], here: str) -> list[Choice]:
    address = f"{reverse('policy', args=[policy.name])}?version={version.number}"
    spec = version.spec
    against = f"v{policy.enforced.number} → v{version.number}" if policy.enforced else f"v{version.number}"
    titles = {
        "rules": "Rules",
        "tests": f"Tests {passing(tests)}",
        "parameters": "Parameters",
        "exceptions": f"Exceptions {sum(len(rule.get('exceptions') or ()) for rule in spec['rules']) or ''}".strip(),
        "diff": "Diff" if policy.enforced_id in (version.pk, None) else f"Diff {against}",
        "history": "History",
    }
    return [Choice(titles[name], f"{address}&tab={name}", name == here) for name in TABS]


def _rules(
    policy: Policy, version: PolicyVersion, fired: Mapping[str, int], report: Mapping[str, Any] | None, may_edit: bool
) -> list[RuleView]:
    is_enforced = policy.enforced_id == version.pk
    before = {rule["key"]: rule for rule in policy.enforced.spec["rules"]} if policy.enforced else None
    rules = []
    for rule in version.spec["rules"]:
        key = rule["key"]
        said = fired_lately(fired.get(key, 0)) if is_enforced else would_have_fired(report, key)
        link = reverse("edit-rule", args=[policy.name, key]) if may_edit else ""
        rules.append(RuleView.of(rule, said, None if is_enforced else before, link))
    return rules
