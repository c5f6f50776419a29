"""A report put together: controls beside the evidence for them, and everything that is missing said once more."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coordination.reports.catalogue import Framework, frameworks
from coordination.reports.dossier import Evidence, Scope, Table
from coordination.reports.evidence import words
from coordination.reports.evidence.drawing import stacked
from coordination.reports.models import Standing
from coordination.reports.selectors.controls import Judged

NOTICE = "This report supports, and does not establish, conformity."
NOTICE_IN_FULL = (
    "It shows what the product recorded and measured. Whether that fulfils a duty depends on the system, its use and "
    "the law as it stands, and is for people to judge. Statuses are claims of the organization and of the product's "
    "makers; each names the evidence that can be looked at, and what is missing."
)
CHECK_DATES = "Dates of law are data of this product. Look them up in the Official Journal before you rely on them."
SAMPLING = (
    "Counts and figures are of the whole period. Of the audit records that show a part of this report, all are in the "
    "pack where there are at most {most}; else a sample of {most}: those with the lowest SHA-256 of the checkpoint's "
    "root followed by the record's identifier. The root is signed before anyone chooses, so nobody picks the sample, "
    "and whoever has all records can draw it again."
)
# Colours of the standings in pictures; beside each stands its name and count.
_COLOURS = {
    Standing.IMPLEMENTED: "#237a35",
    Standing.PARTIAL: "#d08700",
    Standing.NOT_IMPLEMENTED: "#c22727",
    Standing.NOT_APPLICABLE: "#868f9e",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One part of the evidence, with how many records of its kinds there are and how many of them are in the pack."""

    name: str
    evidence: Evidence
    n_records: int
    n_proven: int


@dataclass(frozen=True, slots=True)
class Proof:
    """By which checkpoint the records of a pack are proven."""

    number: int
    size: int
    root: str
    key: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that a report says."""

    scope: Scope
    proof: Proof
    controls: Sequence[Judged]
    shown: Sequence[Shown]
    versions: Mapping[str, str]
    most_shown: int

    def standings(self) -> Counter[Standing]:
        """Return how many controls stand how."""
        is_there = self._is_there()
        return Counter(control.shown(is_there)[0] for control in self.controls)

    def gaps(self) -> list[dict[str, str]]:
        """Return everything that is missing, and of what."""
        is_there = self._is_there()
        of_controls = [
            {"where": f"{one.control.reference}: {one.control.title}", "gap": gap}
            for one in self.controls
            for gap in one.shown(is_there)[1]
        ]
        of_evidence = [{"where": one.evidence.title, "gap": gap} for one in self.shown for gap in one.evidence.gaps]
        return of_evidence + of_controls

    def said(self) -> dict[str, Any]:
        """Return the report as plain data: what its pages are made from."""
        scope, standings = self.scope, self.standings()
        return {
            "notice": NOTICE,
            "notice_in_full": NOTICE_IN_FULL,
            "check_dates": CHECK_DATES,
            "sampling": SAMPLING.format(most=self.most_shown),
            "organization": scope.organization.name,
            "slug": scope.organization.slug,
            "since": words.moment(scope.since),
            "until": words.moment(scope.until),
            "made_at": words.moment(scope.made_at),
            "proof": {
                "number": self.proof.number, "size": words.count(self.proof.size), "root": self.proof.root,
                "key": self.proof.key,
            },
            "standings": [{"name": one.label, "count": standings[one]} for one in Standing],
            "standings_svg": stacked([(standings[one], _COLOURS[one]) for one in Standing]),
            "frameworks": [self._framework(framework) for framework in frameworks()],
            "evidence": [_evidence(one) for one in self.shown],
            "gaps": self.gaps(),
            "versions": [{"name": name, "version": version} for name, version in self.versions.items()],
        }  # fmt: skip

    def controls_said(self) -> dict[str, Any]:
        """Return how every control stands, for machines."""
        is_there = self._is_there()
        return {
            "notice": f"{NOTICE} {NOTICE_IN_FULL}",
            "dates": [
                {"framework": framework.key, **one.model_dump(mode="json")}
                for framework in frameworks()
                for one in framework.dates
            ],
            "controls": [
                {
                    "key": one.control.key,
                    "framework": one.framework,
                    "reference": one.control.reference,
                    "title": one.control.title,
                    "requirement": one.control.requirement,
                    "status": str(standing),
                    "claimed": str(one.standing),
                    "claimed_by": "organization" if one.assessment and one.assessment.standing else "product",
                    "owner": one.owner or None,
                    "note": one.note or None,
                    "how": one.control.how,
                    "evidence": list(one.control.evidence),
                    "gaps": gaps,
                }
                for one in self.controls
                for standing, gaps in [one.shown(is_there)]
            ],
        }

    def _framework(self, framework: Framework) -> dict[str, Any]:
        is_there, titles = self._is_there(), {one.name: one.evidence.title for one in self.shown}
        own = [one for one in self.controls if one.framework == framework.key]
        return {
            "title": framework.title,
            "source": framework.source,
            "url": framework.url,
            "dates": [
                {
                    "what": one.what,
                    "date": f"{one.date:%Y-%m-%d}",
                    "note": "".join([
                        one.basis,
                        f"; before that {one.formerly:%Y-%m-%d}" if one.formerly else "",
                        "" if one.is_certain else "; sources differ, verify in the Official Journal",
                    ]),
                    "url": one.url,
                }
                for one in framework.dates
            ],
            "controls": [
                {
                    "reference": one.control.reference,
                    "title": one.control.title,
                    "requirement": one.control.requirement,
                    "standing": standing.label,
                    "key": standing.value,
                    "owner": one.owner or "nobody named",
                    "how": one.control.how,
                    "note": one.note,
                    "evidence": ", ".join(titles[name] for name in one.control.evidence if name in titles) or "none",
                    "gaps": gaps,
                }
                for one in own
                for standing, gaps in [one.shown(is_there)]
            ],
        }  # fmt: skip

    def _is_there(self) -> dict[str, bool]:
        return {one.name: not one.evidence.is_empty for one in self.shown}


def _evidence(one: Shown) -> dict[str, Any]:
    found = one.evidence
    return {
        "name": one.name,
        "title": found.title,
        "says": found.says,
        "facts": [{"title": fact.title, "value": fact.value, "note": fact.note} for fact in found.facts],
        "tables": [_table(table) for table in found.tables],
        "pictures": [
            {"title": picture.title, "described": picture.described, "svg": picture.svg} for picture in found.pictures
        ],
        "gaps": list(found.gaps),
        "records": (
            f"{words.count(one.n_proven)} of {words.count(one.n_records)} records are in evidence/{one.name}.jsonl, "
            "each with its proof."
            if found.kinds
            else "It is told by what the product holds, not by records of its own."
        ),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "columns": list(table.columns),
        "rows": [list(row) for row in table.printed],
        "n_more": table.n_more,
        "none": table.none,
    }


def data_of(one: Shown) -> dict[str, Any]:
    """Return a part of the evidence in full, for machines."""
    found = one.evidence
    return {
        "title": found.title,
        "facts": {fact.title: fact.value for fact in found.facts},
        "tables": [
            {"title": table.title, "rows": [dict(zip(table.columns, row, strict=True)) for row in table.rows]}
            for table in found.tables
        ],
        "kinds": sorted(found.kinds),
        "records": one.n_records,
        "records_in_pack": one.n_proven,
        "gaps": list(found.gaps),
        "data": dict(found.data),
    }
