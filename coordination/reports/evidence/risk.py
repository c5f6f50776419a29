"""The register of risks, and how well scores fit what happened."""

from coordination.engine.trust.calibration import Calibration, calibrate
from coordination.reports.dossier import Evidence, Fact, Picture, Scope, Table
from coordination.reports.evidence import words
from coordination.reports.evidence.drawing import intervals
from coordination.risk.models import RegisteredRisk, RiskState
from coordination.risk.models.register import grade
from coordination.risk.selectors import (
    forecasts_of_confidence,
    forecasts_of_likelihood,
    registered,
    shares_by_band,
    tables_of,
)

KINDS = frozenset({"OutcomeMarked"}) | frozenset(
    {
        "RiskRegistered",
        "RiskChanged",
        "RiskReviewed",
        "RiskClosed",
        "RiskReopened",
        "RiskTablesChanged",
        "OutcomeMarked",
    }
)
_REGISTER = ("Risk", "About", "Owner", "Without measures", "Measures", "What is left", "Review by", "State")


def collect(scope: Scope) -> Evidence:
    """List the register, and hold scores and stated confidence against outcomes since the period began."""
    risks = list(registered(scope.organization))
    today = scope.made_at.date()
    overdue = [risk for risk in risks if risk.is_overdue(today)]
    likelihood = calibrate(forecasts_of_likelihood(scope.organization, scope.since))
    confidence = calibrate(forecasts_of_confidence(scope.organization, scope.since))
    bands = shares_by_band(scope.organization, scope.since, tables_of(scope.organization).bands)
    told = [band for band in bands if band.n]
    gaps = [] if risks else ["The register holds no risk."]
    if overdue:
        gaps.append(f"{len(overdue)} of {len(risks)} risks were not reviewed in time.")
    for name, one in (("Risk scores", likelihood), ("Stated confidence", confidence)):
        if not one.is_enough:
            gaps.append(f"{name} could not be held against outcomes: {one.n} cases are too few to say anything.")
    return Evidence(
        title="Risk",
        says="The register is as it was when this was made. Scores and confidence are held against what came of acts "
        "and answers from the beginning of the period until then.",
        facts=(
            Fact("Open risks", words.count(sum(risk.state == RiskState.OPEN for risk in risks))),
            Fact("Reviews overdue", words.count(len(overdue))),
            Fact("Outcomes of acts", words.count(likelihood.n), _brier(likelihood)),
            Fact("Outcomes of answers", words.count(confidence.n), _brier(confidence)),
        ),
        tables=(
            Table("Register", _REGISTER, [_row(risk) for risk in risks], none="The register is empty."),
            Table("Acts that went wrong, by band", ("Band", "Acts", "Went wrong", "95 % interval"), [
                (band.band, words.count(band.n), words.share(band.n_wrong, band.n), words.between(*band.interval))
                for band in told
            ]),
            _bins("Likelihood of harm against what happened", likelihood),
            _bins("Stated confidence against what happened", confidence),
        ),
        pictures=[
            Picture(
                "Acts that went wrong, by band",
                "For each band of risk a point for the share of acts that went wrong, and a line for its interval.",
                intervals([(band.band, band.n_wrong / band.n, *band.interval, f"n = {band.n}") for band in told]),
            )
        ] if told else [],
        kinds=KINDS,
        gaps=gaps,
        data={"risks": [{"id": str(risk.pk), "state": risk.state, **risk.spec} for risk in risks]},
    )  # fmt: skip


def _row(risk: RegisteredRisk) -> tuple[str, ...]:
    said = risk.said
    return (
        risk.title,
        " ".join(part for part in (risk.about_kind, risk.about_name) if part),
        risk.owner,
        grade(said.likelihood * said.impact),
        said.mitigations or words.NOTHING,
        grade(risk.residual),
        f"{risk.review_on:%Y-%m-%d}",
        str(risk.get_state_display()),
    )


def _bins(title: str, found: Calibration) -> Table:
    rows = [
        (
            words.between(one.low, one.high),
            words.count(one.n),
            f"{100 * one.said:.1f} %",
            f"{100 * one.happened:.1f} %",
            words.between(one.happened_low, one.happened_high),
        )
        for one in found.bins
    ]
    columns = ("Said", "Cases", "Said on average", "Happened", "95 % interval")
    return Table(title, columns, rows if found.is_enough else [], none=f"{found.n} cases are too few to say anything.")


def _brier(found: Calibration) -> str:
    if not found.is_enough:
        return "too few to say how well they fit"
    interval = f"{found.brier_low:.3f}–{found.brier_high:.3f}"
    return f"Brier score {found.brier:.3f} ({interval}); {found.base_brier:.3f} by the rate alone"
