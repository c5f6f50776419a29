from coordination.insights.tasks import bias, risk, verdicts

__all__ = ["bias", "risk", "verdicts"]
