"""What each role of a person may do."""

from enum import StrEnum

from coordination.accounts.models import MemberRole


class Right(StrEnum):
    """One thing a person may be allowed to do; API tokens can be limited to some of them."""

    READ = "read"
    RUN_START = "run.start"
    RUN_CONTROL = "run.control"
    # The brake: agents, workflows, everything.
    STOP = "stop"
    OUTPUT_JUDGE = "output.judge"
    APPROVAL_DECIDE = "approval.decide"
    AGENT_EDIT = "agent.edit"
    WORKFLOW_EDIT = "workflow.edit"
    TRIGGER_EDIT = "trigger.edit"
    POLICY_EDIT = "policy.edit"
    BUDGET_EDIT = "budget.edit"
    MEMORY_EDIT = "memory.edit"
    MEMBER_EDIT = "member.edit"
    AUDIT_READ = "audit.read"
    AUDIT_KEEP = "audit.keep"
    RISK_EDIT = "risk.edit"
    BIAS_EDIT = "bias.edit"
    BIAS_ATTRIBUTES = "bias.attributes"
    # How each reviewer judges, and what keeps them judging for themselves.
    OVERSIGHT_READ = "oversight.read"
    OVERSIGHT_EDIT = "oversight.edit"
    REPORT_MAKE = "report.make"
    REPORT_EDIT = "report.edit"
    # Webhooks, what queues are told, and what became of it.
    NOTIFICATION_EDIT = "notification.edit"
    TOKEN_CREATE = "token.create"


_EVERYONE = frozenset({Right.READ, Right.TOKEN_CREATE})

RIGHTS_OF_ROLE: dict[str, frozenset[Right]] = {
    MemberRole.MANAGER: _EVERYONE
    | {
        Right.RUN_START,
        Right.RUN_CONTROL,
        Right.STOP,
        Right.OUTPUT_JUDGE,
        Right.AUDIT_READ,
        Right.OVERSIGHT_READ,
        Right.REPORT_MAKE,
    },
    MemberRole.REVIEWER: _EVERYONE | {Right.APPROVAL_DECIDE, Right.OUTPUT_JUDGE},
    MemberRole.ADMIN: _EVERYONE
    | {
        # Changes of policies are put to admins too.
        Right.APPROVAL_DECIDE,
        Right.STOP,
        Right.OUTPUT_JUDGE,
        Right.AGENT_EDIT,
        Right.WORKFLOW_EDIT,
        Right.TRIGGER_EDIT,
        Right.POLICY_EDIT,
        Right.BUDGET_EDIT,
        Right.MEMORY_EDIT,
        Right.MEMBER_EDIT,
        Right.AUDIT_READ,
        Right.AUDIT_KEEP,
        Right.RISK_EDIT,
        Right.BIAS_EDIT,
        Right.BIAS_ATTRIBUTES,
        Right.OVERSIGHT_READ,
        Right.OVERSIGHT_EDIT,
        Right.REPORT_MAKE,
        Right.REPORT_EDIT,
        Right.NOTIFICATION_EDIT,
    },
    MemberRole.AUDITOR: frozenset(
        {Right.READ, Right.AUDIT_READ, Right.OVERSIGHT_READ, Right.REPORT_MAKE, Right.TOKEN_CREATE}
    ),
}

ROLE_THAT_HAS: dict[Right, str] = {
    right: next(role for role, rights in RIGHTS_OF_ROLE.items() if right in rights) for right in Right
}
