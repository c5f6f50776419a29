from coordination.insights.tasks import autonomy, bias, judgement, risk, verdicts

__all__ = ["autonomy", "bias", "judgement", "risk", "verdicts"]
