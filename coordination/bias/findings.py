"""What a look found, as it is kept and handed out: numbers with their names."""

from collections.abc import Mapping
from typing import Any

from coordination.engine.trust.bias import Finding, Tally
from coordination.shared.json import JsonObject

_DIGITS = 6
# Of fewer people no rate is shown: whoever knows them would learn how they were decided about.
LEAST_SHOWN = 5


def as_json(finding: Finding) -> JsonObject:
    """Return a finding as JSON."""
    pair = finding.pair
    return {
        "attribute": pair.attribute,
        "group": pair.group,
        "against": pair.against,
        "own": _tally(pair.own),
        "other": _tally(pair.other),
        "standing": finding.standing.value,
        "difference": _rounded(pair.difference) if pair.own.n and pair.other.n else None,
        "low": _rounded(finding.low),
        "high": _rounded(finding.high),
        "ratio": _rounded(pair.ratio) if pair.own.n else None,
        "ratio_low": _rounded(finding.ratio_low),
        "ratio_high": _rounded(finding.ratio_high),
        "p": finding.p,
        "alpha": finding.alpha,
    }


def shown(finding: JsonObject) -> JsonObject:
    """Return a kept finding as people may see it: nothing but the number of a group of very few."""
    sides = {name: _shown(finding[name]) for name in ("own", "other")}
    if all(side["favourable"] is not None for side in sides.values()):
        return finding
    return {**finding, **sides, "difference": None, "ratio": None}


def report_shown(report: Mapping[str, Any]) -> JsonObject:
    """Return a kept report as people may see it: nothing but the number of a group of very few."""
    attributes = dict(report.get("attributes", {}))
    for name, about in attributes.items():
        groups = {group: one if one["n"] >= LEAST_SHOWN else {"n": one["n"]} for group, one in about["groups"].items()}
        attributes[name] = {**about, "groups": groups}
    return {**report, "attributes": attributes} if attributes else dict(report)


def _shown(side: Any) -> JsonObject:
    return {**side, "favourable": None, "rate": None} if side["n"] < LEAST_SHOWN else side


def _tally(tally: Tally) -> JsonObject:
    return {"n": tally.n, "favourable": tally.favourable, "rate": _rounded(tally.rate) if tally.n else None}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
