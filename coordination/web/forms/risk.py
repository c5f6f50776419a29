"""The forms of the tables, of a risk, and of looking at one again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from coordination.engine.trust.tables import Tables
from coordination.risk.manifest import RiskSpec
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject
from coordination.web.forms.manifest import Wanted

_OF_TABLES: Final = (
    ("weights", "Weights of the likelihood", "Together they make 1.", (
        ("reliability", "Track record"), ("novelty", "New"), ("confidence", "Doubt"), ("anomaly", "Unusual amount"),
        ("tainted", "Untrusted source"))),
    ("data", "Classes of data", "How bad it is if data of a class is wrongly used, 0 to 1.", (
        ("public", "Public"), ("internal", "Internal"), ("customer", "Customer"), ("confidential", "Confidential"))),
    ("people", "What it can do to a person’s life", "As the tool’s manifest says, 0 to 1.", (
        ("none", "None"), ("minor", "Minor"), ("serious", "Serious"), ("grave", "Grave"))),
    ("safety", "What it can do to somebody’s health", "As the tool’s manifest says, 0 to 1.", (
        ("none", "None"), ("minor", "Minor"), ("serious", "Serious"), ("grave", "Grave"))),
    ("reversibility", "Undoing", "How much of the harm counts, 0 to 1.", (
        ("reversible", "Reversible"), ("compensable", "Compensable"), ("irreversible", "Irreversible"))),
    ("bands", "Bands", "From how many points on.", (
        ("medium", "Medium"), ("high", "High"), ("critical", "Critical"))),
)  # fmt: skip
_SINGLE: Final = (
    ("base", "Counts however unlikely", "The part of the impact that counts even if harm is very unlikely, 0 to 1."),
    ("money_worst", "Money counts in full from", "The amount, in the unit of the tools’ arguments."),
    ("reach", "Weight of the reach", "How much it counts that very many are affected, 0 to 1."),
    ("affected_worst", "Very many are", "So many people or records count in full."),
)
_TEXTS: Final = (
    "about_kind", "about_name", "title", "description", "misuse", "owner", "mitigations", "treatment", "review_on",
)  # fmt: skip
_DEGREES: Final = ("likelihood", "impact", "residual_likelihood", "residual_impact")
_DEGREE_OPTIONS: Final = ("1", "2", "3", "4", "5")
_RANGE: Final = ("low", "likely", "high")


def table_groups() -> list[tuple[str, str, list[str]]]:
    """Return the headings of the form of the tables, each with a word of help and its fields' names."""
    return [(title, note, [f"{part}.{name}" for name, _ in names]) for part, title, note, names in _OF_TABLES]


def table_fields() -> list[Wanted]:
    """Return the fields of the tables."""
    found = [
        Wanted(f"{part}.{name}", f"/{part}/{name}", title, widget="number", required=True,
               step="1" if part == "bands" else "any", part=f"{heading}, ")
        for part, heading, _, names in _OF_TABLES for name, title in names
    ]  # fmt: skip
    found += [
        Wanted(name, f"/{name}", title, note, "number", required=True, step="any") for name, title, note in _SINGLE
    ]
    return [*found, Wanted("reason", "/reason", "Why", "Kept with the change.")]


def typed_of_tables(tables: Tables) -> dict[str, str]:
    """Return the tables as they would have been typed."""
    said = tables.model_dump()
    inner = {f"{part}.{name}": said[part][name] for part, _, _, names in _OF_TABLES for name, _ in names}
    return {name: f"{value:g}" for name, value in {**inner, **{name: said[name] for name, _, _ in _SINGLE}}.items()}


def tables_in(typed: Mapping[str, str]) -> JsonObject:
    """Return the tables that a filled form says; what is not there is missing, not a default."""
    found: dict[str, Any] = {
        part: {name: _number(typed.get(f"{part}.{name}", "")) for name, _ in names} for part, _, _, names in _OF_TABLES
    }
    return found | {name: _number(typed.get(name, "")) for name, _, _ in _SINGLE}


def risk_fields(agents: Sequence[str], workflows: Sequence[str], people: Sequence[str]) -> list[Wanted]:
    """Return the fields of a risk about one of these, that one of these people owns."""
    ranges = [
        Wanted(f"{part}.{name}", f"/{part}/{name}", name.capitalize(), widget="number", step="any", part=f"{heading}, ")
        for part, heading in (("frequency", "How often in a year"), ("magnitude", "What one time costs"))
        for name in _RANGE
    ]
    degree: dict[str, Any] = {"widget": "choice", "required": True, "options": _DEGREE_OPTIONS}
    return [
        Wanted("title", "/title", "What can go wrong", required=True),
        Wanted("about_kind", "/about_kind", "About", "An agent, a workflow, or the whole organization.", "choice",
               required=True, options=("agent", "workflow", "organization")),
        Wanted("about_name", "/about_name", "Which", "Nothing for the whole organization.", "choice",
               options=[*agents, *workflows]),
        Wanted("description", "/description", "How it comes about, and whom it harms", widget="box"),
        Wanted("misuse", "/misuse", "Foreseeable misuse", "How people could use it otherwise than it is meant.", "box"),
        Wanted("owner", "/owner", "Owner", "Who sees to it.", "choice", required=True, options=people),
        Wanted("likelihood", "/likelihood", "Likelihood", "1 rare to 5 almost certain.", **degree),
        Wanted("impact", "/impact", "Impact", "1 negligible to 5 severe.", **degree),
        Wanted("mitigations", "/mitigations", "Mitigations", "Rules, approvals, limits, training.", "box"),
        Wanted("residual_likelihood", "/residual_likelihood", "Likelihood left", "With the mitigations.", **degree),
        Wanted("residual_impact", "/residual_impact", "Impact left", "With the mitigations.", **degree),
        Wanted("treatment", "/treatment", "Treatment", "What is decided about what is left.", "choice", required=True,
               options=("mitigate", "accept", "avoid", "transfer")),
        Wanted("review_on", "/review_on", "Next review", "A day, such as 2027-03-31.", "date", required=True),
        *ranges,
    ]  # fmt: skip


def typed_of_risk(said: RiskSpec) -> dict[str, str]:
    """Return a risk as it would have been typed."""
    value = said.model_dump(mode="json")
    typed = {name: str(value[name]) for name in (*_TEXTS, *_DEGREES)}
    for part in ("frequency", "magnitude"):
        if value[part] is not None:
            typed |= {f"{part}.{name}": f"{value[part][name]:g}" for name in _RANGE}
    return typed


def risk_in(typed: Mapping[str, str]) -> JsonObject:
    """Return the risk that a filled form says."""
    found: dict[str, Any] = {name: typed.get(name, "").strip() for name in _TEXTS}
    found |= {name: _number(typed.get(name, "")) for name in _DEGREES}
    for part in ("frequency", "magnitude"):
        values = {name: _number(typed.get(f"{part}.{name}", "")) for name in _RANGE}
        found[part] = values if any(value != "" for value in values.values()) else None
    return found


def review_fields() -> list[Wanted]:
    """Return the fields of looking at a risk again."""
    degree: dict[str, Any] = {"widget": "choice", "required": True, "options": _DEGREE_OPTIONS}
    return [
        Wanted("residual_likelihood", "/residual_likelihood", "Likelihood left", **degree),
        Wanted("residual_impact", "/residual_impact", "Impact left", **degree),
        Wanted("next_on", "/review_on", "Next review", "A day, such as 2027-03-31.", "date", required=True),
        Wanted("note", "/note", "What you found", "Kept with the review.", "lines"),
    ]


def placed(errors: Iterable[FieldError]) -> list[FieldError]:
    """Return errors about several fields beside one of them."""
    beside = {
        "": "/residual_likelihood",
        "/": "/residual_likelihood",
        "/weights": "/weights/reliability",
        "/bands": "/bands/medium",
        "/data": "/data/public",
        "/people": "/people/none",
        "/safety": "/safety/none",
        "/reversibility": "/reversibility/reversible",
        "/frequency": "/frequency/low",
        "/magnitude": "/magnitude/low",
    }
    return [FieldError(beside.get(error.pointer, error.pointer), error.message, error.suggestion) for error in errors]


def _number(text: str) -> Any:
    """Return a number where one was typed, else the text, which is then refused beside its field."""
    text = text.strip()
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
