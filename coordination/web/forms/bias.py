"""The forms about bias: a monitor, and what is known of people."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from coordination.bias.models import BiasMonitor
from coordination.bias.services import Known
from coordination.bias.subjects import LONGEST
from coordination.engine.manifest import API_VERSION
from coordination.shared.errors import FieldError
from coordination.shared.json import Json, JsonObject
from coordination.web.forms.manifest import NAME_HELP, Wanted, mapping_in
from coordination.web.templatetags.ui import readable

BLANK = {
    "alpha": "0.05",
    "margin": "0.1",
    "ratio": "0.8",
    "least": "20",
    "period_days": "90",
    "role": "reviewer",
    "n_required": "1",
}
_NUMBERS: Mapping[str, type[int] | type[float]] = {
    "alpha": float, "margin": float, "ratio": float, "least": int, "period_days": int, "period_decisions": int,
}  # fmt: skip
MOST_ROWS = 50_000


def monitor_fields(workflows: Sequence[str], tools: Sequence[str]) -> list[Wanted]:
    """Return the fields of a monitor."""
    return [
        Wanted("name", "/metadata/name", "Name", NAME_HELP, required=True),
        Wanted("title", "/metadata/title", "Title"),
        Wanted("description", "/metadata/description", "Description", widget="lines"),
        Wanted("workflow", "/spec/decision/workflow", "Workflow", "Empty: decisions are posted by the API.", "choice",
               options=workflows),
        Wanted("step", "/spec/decision/step", "Step", "Which step of it decides."),
        Wanted("subject", "/spec/decision/subject", "About whom", "CEL, such as input.customer."),
        Wanted("favourable", "/spec/decision/favourable", "Good for them when",
               "CEL over input, args, output and status, such as output.approved."),
        Wanted("tool", "/spec/decision/tool", "Tool", "Whose calls a breach holds, where no step is named.", "choice",
               options=tools),
        Wanted("attributes", "/spec/attributes", "Compared by",
               "One a line, a star after the group all others are compared with: sex: Male*, Female.", "lines",
               required=True),
        Wanted("intersections", "/spec/intersections", "Show two attributes together", widget="check"),
        Wanted("margin", "/spec/margin", "Too much", "A difference of rates: 0.1 is ten points.", "number",
               required=True, step="any"),
        Wanted("ratio", "/spec/ratio", "Too low", "An impact ratio: 0.8 is four fifths.", "number", required=True,
               step="any"),
        Wanted("alpha", "/spec/alpha", "False alarms", "Of fair periods: 0.05 is one in twenty.", "number",
               required=True, step="any"),
        Wanted("least", "/spec/least", "At least", "Fewer decisions of a group say nothing.", "number", required=True),
        Wanted("period_days", "/spec/period_days", "Days in a period", "It ends with one more, sharper look.", "number",
               required=True),
        Wanted("period_decisions", "/spec/period_decisions", "Or decisions in a period",
               "Where their number is planned.", "number"),
        Wanted("holds", "/spec/on_breach", "A breach lets these decisions wait for a person", widget="check"),
        Wanted("role", "/spec/on_breach/require_approval/role", "Who", widget="choice", required=True,
               options=("reviewer", "manager", "admin")),
        Wanted("group", "/spec/on_breach/require_approval/group", "In the group"),
        Wanted("n_required", "/spec/on_breach/require_approval/n_required", "How many", widget="number",
               required=True),
        Wanted("probe", "/spec/probe", "Probe",
               "YAML: agent, inputs, terms of each group, favourable. See the guide to bias.", "box"),
    ]  # fmt: skip


def typed_of_monitor(monitor: BiasMonitor) -> dict[str, str]:
    """Return a monitor as it would have been typed."""
    spec: dict[str, Any] = monitor.spec
    asked = spec["on_breach"].get("require_approval") or {}
    said = {
        **BLANK,
        **{name: getattr(monitor, name) for name in ("name", "title", "description")},
        **{name: value for name, value in spec["decision"].items() if value is not None},
        **{name: spec[name] for name in _NUMBERS if spec.get(name) is not None},
        "attributes": "\n".join(_line(one) for one in spec["attributes"]),
        "intersections": "on" if spec["intersections"] else "",
        "holds": "on" if asked else "",
        **{name: value for name, value in asked.items() if value is not None},
        "probe": readable(spec["probe"]) if spec.get("probe") else "",
    }
    return {name: str(value) for name, value in said.items()}


def monitor_in(typed: Mapping[str, str], labels: JsonObject) -> tuple[JsonObject, list[FieldError]]:
    """Return the manifest that a filled form says, and what cannot be read of it."""
    errors: list[FieldError] = []
    spec: JsonObject = {"attributes": _attributes(typed.get("attributes", ""), errors)}
    decision: JsonObject = {
        name: typed[name].strip()
        for name in ("workflow", "step", "tool", "subject", "favourable")
        if typed.get(name, "").strip()
    }
    spec["decision"] = decision
    for name, kind in _NUMBERS.items():
        if text := typed.get(name, "").strip():
            spec[name] = _number(text, kind, f"/spec/{name}", errors)
    spec["intersections"] = typed.get("intersections") == "on"
    if typed.get("holds") == "on":
        asked: JsonObject = {"role": typed.get("role", "reviewer")}
        if typed.get("group", "").strip():
            asked["group"] = typed["group"].strip()
        pointer = "/spec/on_breach/require_approval/n_required"
        asked["n_required"] = _number(typed.get("n_required", "1"), int, pointer, errors)
        spec["on_breach"] = {"require_approval": asked}
    if typed.get("probe", "").strip():
        spec["probe"], wrong = mapping_in(typed["probe"], "/spec/probe")
        errors += wrong
    about: JsonObject = {name: typed.get(name, "").strip() for name in ("name", "title", "description")}
    meta: JsonObject = {**about, "labels": labels}
    return {"apiVersion": API_VERSION, "kind": "BiasMonitor", "metadata": meta, "spec": spec}, errors


def characteristic_fields() -> list[Wanted]:
    """Return the fields for what is known of people."""
    return [
        Wanted("rows", "/rows", "People",
               "CSV: the first line names the person's column and then attributes, such as customer,sex,age-band.",
               "box", required=True),
    ]  # fmt: skip


def characteristics_in(text: str) -> tuple[list[Known], list[FieldError]]:
    """Return what a table says of people, and what is wrong with it, by line."""
    rows = list(csv.reader(io.StringIO(text.strip())))
    if len(rows) < 2 or len(rows[0]) < 2:
        return [], [FieldError("/rows", "write a first line with names of columns, and a line for each person")]
    if len(rows) > MOST_ROWS:
        return [], [FieldError("/rows", f"send at most {MOST_ROWS:,} people at once")]
    names = [name.strip().lower().replace(" ", "-") for name in rows[0][1:]]
    known: list[Known] = []
    for at, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(rows[0]):
            return [], [FieldError("/rows", f"line {at} has {len(row)} columns, the first one {len(rows[0])}")]
        person, *values = (cell.strip() for cell in row)
        if not person or len(person) > LONGEST or any(len(value) > 100 for value in values):
            return [], [FieldError("/rows", f"line {at} names nobody, or a value in it is too long")]
        known += [Known(person, name, value) for name, value in zip(names, values, strict=True) if value]
    wrong = [name for name in names if not _is_key(name)]
    if wrong:
        return [], [FieldError("/rows", f"{wrong[0]!r} is no name of an attribute: use letters, digits and hyphens")]
    return known, []


def _line(attribute: Mapping[str, Any]) -> str:
    groups = [*attribute["groups"]]
    reference = attribute.get("reference")
    if reference and reference not in groups:
        groups.insert(0, reference)
    starred = [f"{group}*" if group == reference else group for group in groups]
    return f"{attribute['name']}: {', '.join(starred)}".rstrip(": ")


def _attributes(text: str, errors: list[FieldError]) -> list[Json]:
    found: list[Json] = []
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if not line.strip():
            continue
        groups = [group.strip() for group in rest.split(",") if group.strip()]
        starred = [group.removesuffix("*").strip() for group in groups if group.endswith("*")]
        if len(starred) > 1:
            errors.append(FieldError("/spec/attributes", f"{name.strip()} has two groups with a star"))
        about: JsonObject = {"name": name.strip(), "groups": [group.removesuffix("*").strip() for group in groups]}
        found.append({**about, "reference": starred[0]} if starred else about)
    return found


def _number(text: str, kind: type[int] | type[float], pointer: str, errors: list[FieldError]) -> Json:
    try:
        return kind(text)
    except ValueError:
        errors.append(FieldError(pointer, f"{text!r} is no {'whole ' if kind is int else ''}number"))
        return None


def _is_key(name: str) -> bool:
    return name[:1].isalpha() and len(name) <= 40 and all(one.isalnum() or one in "-_" for one in name)
