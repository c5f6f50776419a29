"""The fields of a policy and of a rule: what they are called and which place of the manifest they fill."""

from coordination.web.forms.manifest import NAME_HELP, Wanted

TYPES = ("double", "int", "string", "bool", "list")
EFFECTS = ("require_approval", "deny", "limit", "redact", "warn", "allow")
ROLES = ("reviewer", "manager", "admin", "auditor")
SEVERITIES = ("medium", "low", "high", "critical")
PATTERNS = "email, phone, card, iban, ip, identity, password"
ABOUT = (
    Wanted("name", "/metadata/name", "Name", NAME_HELP, required=True),
    Wanted("title", "/metadata/title", "Title"),
    Wanted("description", "/metadata/description", "Description", widget="lines"),
    Wanted("owner", "/spec/owner", "Owner", "Who answers for it."),
    Wanted("review_by", "/spec/review_by", "Review by", "A date, such as 2027-03-01."),
    Wanted("tags", "/spec/tags", "Tags", "Separated by commas."),
)
PREFIX = "rule-"


def rule_fields(at: int) -> list[Wanted]:
    """Return the fields of the rule at a place of the policy."""
    path = f"/spec/rules/{at}"
    asked, limit, redact, scope = f"{path}/approval", f"{path}/limit", f"{path}/redact", f"{path}/scope"
    return [
        Wanted("rule-key", f"{path}/key", "Key", "Short and lasting, such as over-limit.", required=True),
        Wanted("rule-title", f"{path}/title", "Rule’s title"),
        Wanted("rule-statement", f"{path}/statement", "The rule in one sentence",
               "${params.NAME} and ${action.amount} are filled in. Left empty, it says what the rows say.", "lines",
               required=True),
        Wanted("rule-when", f"{path}/when", "As CEL", "", "code", required=True),
        Wanted("rule-effect", f"{path}/effect", "Then", "", "choice", required=True, options=EFFECTS),
        Wanted("rule-severity", f"{path}/severity", "Severity", "", "choice", required=True, options=SEVERITIES),
        Wanted("rule-role", f"{asked}/role", "Ask a", "", "choice", options=ROLES),
        Wanted("rule-group", f"{asked}/group", "in the group"),
        Wanted("rule-users", f"{asked}/users", "or one of", "User names, separated by commas."),
        Wanted("rule-n_required", asked, "How many must agree", "", "number"),
        Wanted("rule-limit_max", limit, "At most", "", "number", step="any"),
        Wanted("rule-limit_of", f"{limit}/of", "of", "", "choice", required=True, options=("count", "amount", "cost")),
        Wanted("rule-limit_per", f"{limit}/per", "in", "Such as 1h, 30m or 1d."),
        Wanted("rule-limit_by", f"{limit}/by", "for each", "Facts, such as agent.name; empty counts all together."),
        Wanted("rule-redact_patterns", f"{redact}/patterns", "Personal data", f"Some of: {PATTERNS}."),
        Wanted("rule-redact_fields", redact, "Whole fields", "Dotted paths, such as customer.email or items.*.note."),
        Wanted("rule-scope_workflows", f"{scope}/workflows", "Only in workflows", "Names, * for any; empty is all."),
        Wanted("rule-scope_agents", f"{scope}/agents", "Only for agents"),
        Wanted("rule-scope_roles", f"{scope}/roles", "Only for roles"),
        Wanted("rule-scope_actions", f"{scope}/actions", "Only for actions"),
        Wanted("rule-message_to_human", f"{path}/message_to_human", "What the person is told", "", "lines"),
        Wanted("rule-message_to_agent", f"{path}/message_to_agent", "What the agent is told", "", "lines"),
        Wanted("rule-mode", f"{path}/mode", "Mode", "Off, only watched, or enforced.", "choice", required=True,
               options=("enforced", "shadow", "off")),
        Wanted("rule-failure_policy", f"{path}/failure_policy", "If it cannot be decided",
               "Closed: the act is refused. Open: this rule says nothing.", "choice", required=True,
               options=("closed", "open")),
        Wanted("rule-owner", f"{path}/owner", "Owner of the rule"),
        Wanted("rule-review_by", f"{path}/review_by", "Review the rule by"),
        Wanted("rule-tags", f"{path}/tags", "Tags of the rule", "Separated by commas, such as ASI02, EU AI Act 14."),
    ]  # fmt: skip


def param_fields(at: int, number: int, called: str) -> list[Wanted]:
    """Return the fields of a parameter in a row; what is wrong with it is found under its name."""
    path, name = f"/spec/rules/{at}/params/{called}", f"param-{number}-"
    part = f"Parameter {number + 1}, "
    return [
        Wanted(f"{name}name", path, "Name", required=True, part=part),
        Wanted(f"{name}type", f"{path}/type", "Type", "", "choice", required=True, options=TYPES, part=part),
        Wanted(f"{name}value", f"{path}/value", "Value", required=True, part=part),
        Wanted(f"{name}title", f"{path}/title", "What it is", part=part),
    ]
