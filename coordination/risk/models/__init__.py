from coordination.risk.models.outcome import Kind, Outcome, OutcomeCursor, Why
from coordination.risk.models.register import RegisteredRisk, RiskState
from coordination.risk.models.standing import AgentRecord, RiskStamp, TablesVersion, UsualAct

__all__ = [
    "AgentRecord",
    "Kind",
    "Outcome",
    "OutcomeCursor",
    "RegisteredRisk",
    "RiskStamp",
    "RiskState",
    "TablesVersion",
    "UsualAct",
    "Why",
]
