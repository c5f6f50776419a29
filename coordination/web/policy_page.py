"""Put one version's page together: what its tabs, its editor and the panels beside them need."""

from collections.abc import Mapping
from dataclasses import replace

from django.http import HttpResponse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.rules.clauses import clauses, names_in_clause
from coordination.engine.rules.facts import FACTS
from coordination.policies import selectors
from coordination.policies.errors import VersionUnknown
from coordination.policies.models import (
    CANDIDATES,
    UNREVIEWED,
    Policy,
    PolicyDecision,
    PolicyPractice,
    PolicyVersion,
)
from coordination.policies.selectors.lifecycle import Progress, loosening_of, practice_of, progress_of, review_of
from coordination.policies.services.validating import RuleTests, run_tests
from coordination.shared.clock import now
from coordination.web import fragments
from coordination.web.access import MemberRequest
from coordination.web.contexts.parts import Problem
from coordination.web.contexts.policy import TABS, PolicyPage, Side, Tab
from coordination.web.contexts.policy_backtest import BacktestPanel
from coordination.web.contexts.policy_editor import RuleEditor
from coordination.web.contexts.policy_shadow import ShadowPanel
from coordination.web.contexts.policy_tabs import DiffView, ExceptionView, HistoryRow, RuleParams, RuleTestsView
from coordination.web.contexts.policy_way import OPEN, WayPanel
from coordination.web.contexts.versions import SHOWN

LATELY = 5
NOTHING: Mapping[str, str] = {}
_ZEROS = {"string": '""', "int": "0", "double": "0.0", "bool": "false", "list(string)": "[]"}


def show(
    request: MemberRequest,
    policy: Policy,
    version: PolicyVersion,
    tab: Tab | None = None,
    *,
    editor: RuleEditor | None = None,
    editor_at: int = -1,
    status: int = 200,
) -> HttpResponse:
    """Answer with the page; the tab is the one that the address asks for unless it is given."""
    membership = request.membership
    practice = practice_of(membership.organization)
    tests = run_tests(version.spec)
    candidate = policy.versions.filter(status__in=CANDIDATES).first()
    progress = progress_of(candidate, practice) if candidate else None
    finished = selectors.latest_report(version)
    is_enforced = policy.enforced_id == version.pk
    tab = tab or tab_of(policy, version, _asked_tab(request), membership, tests)
    page = PolicyPage.of(
        policy,
        version,
        newest_of(policy),
        membership,
        candidate=candidate,
        progress=progress,
        fired=selectors.fired_by_rule(policy) if is_enforced else {},
        report=finished.report if finished else None,
        tests=tests,
        tab=tab,
        side=_side(policy, version, membership, practice, tests, progress if version == candidate else None),
        lately=_lately(policy) if tab.name == "rules" and editor is None else (),
        editor=editor,
        editor_at=editor_at,
    )
    return fragments.render(request, "policies/detail.html", page, parts=("policy", "side"), status=status)


def tab_of(
    policy: Policy,
    version: PolicyVersion,
    name: str,
    membership: Membership,
    tests: list[RuleTests],
    *,
    typed: Mapping[str, str] = NOTHING,
    problems: list[Problem] | None = None,
    wrong: Mapping[str, str] = NOTHING,
) -> Tab:
    """Compute what one tab shows; what was typed into its form stays there when it was refused."""
    keys = [rule["key"] for rule in version.spec["rules"]]
    match name:
        case "tests":
            facts = {rule["key"]: _facts_of(rule["when"]) for rule in version.spec["rules"]}
            tab = Tab(name, tests=[RuleTestsView.of(one, facts[one.rule]) for one in tests])
        case "parameters":
            source = policy.enforced or version
            tab = Tab(name, params=RuleParams.all_of(source.spec, typed, wrong), source=source)
        case "exceptions":
            source = policy.enforced or version
            tab = Tab(name, exceptions=ExceptionView.all_of(source.spec, now()), rule_keys=keys, source=source)
        case "diff":
            before = policy.enforced if policy.enforced_id != version.pk else _before(version)
            tab = Tab(name, diff=DiffView.of(before, version))
        case "history":
            versions = list(selectors.versions_of(policy)[: SHOWN + 1])
            tab = Tab(name, history=HistoryRow.all_of(policy, versions, may(membership, Right.POLICY_EDIT)))
        case _:
            return Tab()
    return replace(tab, typed=typed, problems=problems or [])


def asked_version(policy: Policy, number: str) -> PolicyVersion:
    """Return the version that an address names, else the newest; raises VersionUnknown."""
    if not number:
        return newest_of(policy)
    if not number.isdecimal() or len(number) > 9:
        raise VersionUnknown(name=policy.name, number=number[:20])
    return selectors.version_of(policy, int(number))


def newest_of(policy: Policy) -> PolicyVersion:
    """Return the newest version; raises VersionUnknown for a policy that has none."""
    newest = selectors.versions_of(policy).first()
    if newest is None:
        raise VersionUnknown(name=policy.name, number="at all")
    return newest


def _asked_tab(request: MemberRequest) -> str:
    asked = request.GET.get("tab", "")
    return asked if asked in TABS else TABS[0]


def _side(
    policy: Policy,
    version: PolicyVersion,
    membership: Membership,
    practice: PolicyPractice,
    tests: list[RuleTests],
    progress: Progress | None,
) -> Side:
    edits = may(membership, Right.POLICY_EDIT)
    is_open = version.status in OPEN
    finished = selectors.latest_report(version)
    latest = selectors.latest_backtest(version)
    may_run = edits and version.status in (*UNREVIEWED, *CANDIDATES)
    return Side(
        backtest=BacktestPanel.of(version, latest, finished, may_run) if is_open or finished else None,
        shadow=(
            ShadowPanel.of(
                version, policy.enforced, selectors.divergence(version), selectors.diverged(version)[:LATELY]
            )
            if version.status in CANDIDATES
            else None
        ),
        way=WayPanel.of(
            version,
            practice,
            tests=tests,
            report=finished,
            found=loosening_of(policy, version) if is_open else None,
            review=review_of(version),
            progress=progress,
            may_edit=edits,
        ),
    )


def _lately(policy: Policy) -> list[PolicyDecision]:
    return list(selectors.decisions(policy.organization, policy=policy.name)[:LATELY])


def _before(version: PolicyVersion) -> PolicyVersion | None:
    return version.policy.versions.filter(number__lt=version.number).order_by("-number").first()


def _facts_of(when: str) -> str:
    """Return the facts that a condition reads as the lines of a new test."""
    names = dict.fromkeys(name for clause in clauses(when) for name in names_in_clause(clause, FACTS))
    return "\n".join(f"{name}: {_ZEROS.get(FACTS.get(name, ''), '')}" for name in names if name in FACTS)
