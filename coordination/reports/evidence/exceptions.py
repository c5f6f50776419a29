"""Where a rule does not hold, until when, and who answers for it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime

from coordination.policies.models import Policy
from coordination.reports.dossier import Evidence, Fact, Scope, Table
from coordination.reports.evidence import words

_SOON = timedelta(days=30)
_COLUMNS = ("Policy", "Rule", "For", "Until", "State", "Approved by", "Why")


def collect(scope: Scope) -> Evidence:
    """List the exceptions of the rules in force, and what is to be looked at again."""
    rows, overdue = [], []
    running = soon = 0
    for policy in (
        Policy.objects.filter(organization=scope.organization, enforced__isnull=False)
        .order_by("name")
        .select_related("enforced")
    ):
        spec = policy.enforced.spec if policy.enforced else {}
        for rule in spec.get("rules", []):
            for exception in rule.get("exceptions", []):
                until = _moment(exception.get("until"))
                is_over = until is not None and until <= scope.made_at
                running += not is_over
                soon += not is_over and until is not None and until <= scope.made_at + _SOON
                rows.append(
                    (
                        policy.name,
                        rule["key"],
                        _scope_of(exception),
                        words.day(until),
                        "over" if is_over else "holds",
                        str(exception.get("approved_by", "")) or words.NOTHING,
                        str(exception.get("reason", "")) or words.NOTHING,
                    )
                )
            overdue += _overdue(scope, policy.name, rule["key"], rule.get("review_by"), rule.get("owner", ""))
        overdue += _overdue(scope, policy.name, words.NOTHING, spec.get("review_by"), spec.get("owner", ""))
    gaps = (
        [f"{len(overdue)} policies or rules are past the day on which they were to be looked at again."]
        if overdue
        else []
    )
    return Evidence(
        title="Exceptions and reviews that are due",
        says="An exception takes acts out of a rule until a day; after it the rule holds again by itself.",
        facts=(
            Fact("Exceptions that hold", words.count(running)),
            Fact("of them ending within 30 days", words.count(soon)),
            Fact("Reviews overdue", words.count(len(overdue))),
        ),
        tables=(
            Table("Exceptions", _COLUMNS, rows, none="No rule has an exception."),
            Table("Reviews overdue", ("Policy", "Rule", "Was due", "Owner"), overdue, none="No review is overdue."),
        ),
        gaps=gaps,
    )  # fmt: skip


def _overdue(scope: Scope, policy: str, rule: str, due: object, owner: str) -> list[tuple[str, ...]]:
    moment = _moment(due)
    if moment is None or moment > scope.made_at:
        return []
    return [(policy, rule, words.day(moment), owner or words.NOTHING)]


def _scope_of(exception: dict[str, Any]) -> str:
    said = exception.get("scope") or {}
    return (
        ", ".join(
            f"{name} {words.listed(value) if isinstance(value, list) else value}"
            for name, value in said.items()
            if value
        )
        or "all"
    )


def _moment(said: object) -> datetime | None:
    """Return a day or moment as a policy's document has it; a day ends at midnight UTC after it."""
    text = str(said or "")
    if day := (parse_date(text) if len(text) == 10 else None):
        return datetime.combine(day, time(), UTC) + timedelta(days=1)
    moment = parse_datetime(text)
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None
