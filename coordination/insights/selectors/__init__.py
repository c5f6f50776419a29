"""What runs say about those who decide."""

from coordination.insights.selectors.feedback import MOST_LATEST, Became, Outcomes, became_of, outcomes_by_reviewer
from coordination.insights.selectors.looked_at import LookedAt, looked_at

__all__ = ["MOST_LATEST", "Became", "LookedAt", "Outcomes", "became_of", "looked_at", "outcomes_by_reviewer"]
