"""The fixed report of a monitor: rates, differences and ratios, and errors where outcomes are known (Fairlearn).

Source: the definitions of Fairlearn's user guide, "Common fairness metrics".
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from coordination.bias.cells import REST, Cell
from coordination.bias.findings import as_json
from coordination.bias.manifest import MonitorSpec
from coordination.engine.trust.bias import Tally, pairs_in, report
from coordination.engine.trust.intervals import wilson
from coordination.shared.json import Json, JsonObject

if TYPE_CHECKING:
    # Loaded where it is used: it takes seconds and a hundred megabytes, which no other worker should pay.
    from pandas import DataFrame

_DIGITS = 4
# Errors are shown for groups in which so many outcomes of a kind are known.
_LEAST_OUTCOMES = 10


def measured(cells: Sequence[Cell], tallies: Mapping[str, Mapping[str, Tally]], spec: MonitorSpec) -> JsonObject:
    """Return the report by attribute; only groups with enough decisions are compared."""
    import fairlearn  # noqa: PLC0415  (see above)

    findings = report(pairs_in(tallies, spec.references), spec.terms)
    attributes: dict[str, Json] = {}
    for name, groups in tallies.items():
        enough = {group for group, one in groups.items() if one.n >= spec.least and group != REST}
        frame = _frame(cells, name, enough)
        about: JsonObject = {
            "groups": {group: _rate(one.favourable, one.n) for group, one in groups.items()},
            "compared": [as_json(one) for one in findings if one.pair.attribute == name],
            "parity": _parity(frame) if len(enough) > 1 else None,
            "odds": _odds(frame) if len(enough) > 1 else None,
        }
        attributes[name] = about
    return {"attributes": attributes, "library": f"fairlearn {fairlearn.__version__}"}


def _frame(cells: Sequence[Cell], attribute: str, groups: set[str]) -> "DataFrame":
    from pandas import DataFrame  # noqa: PLC0415

    rows = [
        (cell.groups[attribute], int(cell.favourable), cell.outcome, cell.n)
        for cell in cells
        if cell.groups.get(attribute) in groups
    ]
    return DataFrame(rows, columns=["group", "favourable", "outcome", "n"])


def _parity(frame: "DataFrame") -> JsonObject:
    from fairlearn.metrics import demographic_parity_difference, demographic_parity_ratio  # noqa: PLC0415

    given = {"sensitive_features": frame["group"], "sample_weight": frame["n"]}
    # These look at decisions alone; what was right has no part in them.
    said = frame["favourable"]
    return {
        "difference": _number(demographic_parity_difference(said, said, **given)),
        "ratio": _number(demographic_parity_ratio(said, said, **given)),
    }


def _odds(frame: "DataFrame") -> JsonObject | None:
    """Return how errors differ between groups, as far as outcomes are known."""
    from fairlearn.metrics import (  # noqa: PLC0415
        MetricFrame,
        equalized_odds_difference,
        equalized_odds_ratio,
        false_positive_rate,
        true_positive_rate,
    )

    known = frame[frame["outcome"].notna()]
    counts = {
        str(group): {right: int(rows[rows["outcome"] == right]["n"].sum()) for right in (True, False)}
        for group, rows in known.groupby("group")
    }
    enough = [group for group, of in counts.items() if min(of.values()) >= _LEAST_OUTCOMES]
    said: JsonObject = {"n": int(known["n"].sum()), "groups": {}, "difference": None, "ratio": None}
    if len(enough) < 2:
        return said
    known = known[known["group"].isin(enough)]
    right, decided = known["outcome"].astype(int), known["favourable"]
    given: dict[str, Any] = {"sensitive_features": known["group"], "sample_weight": known["n"]}
    rates = MetricFrame(
        metrics={"tpr": true_positive_rate, "fpr": false_positive_rate},
        y_true=right,
        y_pred=decided,
        sensitive_features=known["group"],
        sample_params={name: {"sample_weight": known["n"]} for name in ("tpr", "fpr")},
    ).by_group
    said["groups"] = {
        group: {
            "tpr": _interval(float(rates.loc[group, "tpr"]), counts[group][True]),
            "fpr": _interval(float(rates.loc[group, "fpr"]), counts[group][False]),
        }
        for group in enough
    }
    said["difference"] = _number(equalized_odds_difference(right, decided, **given))
    said["ratio"] = _number(equalized_odds_ratio(right, decided, **given))
    return said


def _rate(favourable: int, n: int) -> JsonObject:
    low, high = wilson(favourable, n)
    return {"n": n, "favourable": favourable, "rate": _number(favourable / n) if n else None,
            "low": _number(low), "high": _number(high)}  # fmt: skip


def _interval(rate: float, n: int) -> JsonObject:
    low, high = wilson(rate * n, n)
    return {"n": n, "rate": _number(rate), "low": _number(low), "high": _number(high)}


def _number(value: float) -> float | None:
    """Return a number that JSON can say: of nothing, there is no ratio."""
    return round(float(value), _DIGITS) if math.isfinite(value) else None
