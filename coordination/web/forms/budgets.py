"""The form of a budget for a day."""

from collections.abc import Mapping, Sequence

from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject
from coordination.web.forms.manifest import Wanted

_LIMITS = ("cost_usd", "tokens", "calls")


def budget_fields(workflows: Sequence[str]) -> list[Wanted]:
    """Return the fields; the budget is one of these workflows', or the whole organization's."""
    return [
        Wanted("workflow", "/workflow", "Workflow", "None: all runs of the organization together.", "choice",
               options=workflows),
        Wanted("cost_usd", "/limits/cost_usd", "Dollars a day", "What agents report, and fixed prices.", "number",
               step="any"),
        Wanted("tokens", "/limits/tokens", "Tokens a day", "What agents read and write.", "number"),
        Wanted("calls", "/limits/calls", "Calls a day", "Of agents and of tools, every attempt.", "number"),
    ]  # fmt: skip


def beside(errors: Sequence[FieldError]) -> list[FieldError]:
    """Return the errors, each about a field."""
    nothing = FieldError("/limits/cost_usd", "limit at least one of dollars, tokens and calls")
    return [nothing if error.pointer == "/limits" else error for error in errors]


def typed_of_budget(limits: JsonObject | None) -> dict[str, str]:
    """Return a budget as it would have been typed."""
    return {name: str(value) for name, value in (limits or {}).items() if value is not None}


def limits_in(typed: Mapping[str, str]) -> JsonObject:
    """Return the limits that a filled form says; an empty field limits nothing."""
    return {name: typed[name].strip() for name in _LIMITS if typed.get(name, "").strip()}
