"""What a reviewer of a policy's change looks at: what it says otherwise, and what it would have done."""

from dataclasses import dataclass

from coordination.accounts.models import Organization
from coordination.approvals.models import ApprovalRequest
from coordination.policies.errors import PolicyUnknown, VersionUnknown
from coordination.policies.models import Policy, PolicyVersion, Way
from coordination.policies.selectors import latest_report, policy_named, version_of
from coordination.policies.services import run_tests
from coordination.web.contexts.policy_backtest import Report
from coordination.web.contexts.policy_tabs import DiffView, passing
from coordination.web.policy_address import address

RETIRE = "policy.retire"


@dataclass(frozen=True, slots=True)
class PolicyReview:
    """One change of a policy that people are asked about; without a difference it is about the policy's end."""

    policy: Policy
    version: PolicyVersion
    link: str
    way: str
    diff: DiffView | None
    report: Report | None
    tests: str

    @classmethod
    def of(cls, organization: Organization, request: ApprovalRequest) -> "PolicyReview | None":
        """Return what a question is about; None when it is not about a policy, or the policy is gone."""
        if not request.subject.startswith("policy:"):
            return None
        try:
            policy = policy_named(organization, request.parameters["policy"])
            version = version_of(policy, request.parameters["version"])
        except (PolicyUnknown, VersionUnknown):
            return None
        replaces = request.parameters.get("replaces")
        before = policy.versions.filter(number=replaces).first() if replaces else None
        finished = latest_report(version)
        is_end = request.operation == RETIRE
        return cls(
            policy=policy,
            version=version,
            link=address(version),
            way=Way(request.parameters["way"]).label,
            diff=None if is_end else DiffView.of(before, version),
            report=Report.of(finished) if finished and finished.report and not is_end else None,
            tests=passing(run_tests(version.spec)),
        )
