"""Runs, their steps, the actions they released and the data they read; what people said, stopped and told."""

from coordination.runs.models.acts import DataAccess, ToolCall, ToolCallStatus
from coordination.runs.models.message import RunMessage
from coordination.runs.models.money import Budget, CountedCost, Purse
from coordination.runs.models.run import Run, Step
from coordination.runs.models.stop import HeldRun, Stop
from coordination.runs.models.verdict import Quality, StepVerdict
from coordination.runs.models.work import NEWS, AgentMeter, WorkItem, WorkKind

__all__ = [
    "NEWS",
    "AgentMeter",
    "Budget",
    "CountedCost",
    "DataAccess",
    "HeldRun",
    "Purse",
    "Quality",
    "Run",
    "RunMessage",
    "Step",
    "StepVerdict",
    "Stop",
    "ToolCall",
    "ToolCallStatus",
    "WorkItem",
    "WorkKind",
]
