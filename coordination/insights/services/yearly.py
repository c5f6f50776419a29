"""What a year may cost, by the open risks of the register that say how often and how much."""

from coordination.accounts.models import Organization
from coordination.engine.trust.portfolio import Loss, Portfolio, portfolio
from coordination.risk.models import RegisteredRisk, RiskState
from coordination.risk.selectors import registered

# Each is drawn ten thousand times; more would keep people waiting.
MOST_RISKS = 200


def year_of(organization: Organization) -> tuple[Portfolio, list[RegisteredRisk]]:
    """Return ten thousand drawn years, and the risks that they are of, the gravest first."""
    found = registered(organization, state=RiskState.OPEN).exclude(spec__frequency=None)[:MOST_RISKS]
    risks, losses = [], {}
    for risk in found:
        said = risk.said
        if said.frequency is not None and said.magnitude is not None:
            losses[str(risk.pk)] = Loss(said.frequency.range, said.magnitude.range)
            risks.append(risk)
    return portfolio(losses), risks
