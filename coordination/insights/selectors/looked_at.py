"""What somebody sees who looks at a thing once more: what it was, and nothing of how it was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from coordination.agents.models import Tool
from coordination.approvals.models import ApprovalRequest, SecondLook
from coordination.approvals.selectors import without_advice
from coordination.engine.rules.wording import fill
from coordination.runs.models import ToolCall
from coordination.shared.json import JsonObject


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One thing as it was put to whoever decided it first; empty where it is not kept any more."""

    title: str
    operation: str
    parameters: JsonObject = field(default_factory=dict)
    evidence: Sequence[Mapping[str, Any]] = ()
    reasons: Sequence[Mapping[str, Any]] = ()
    is_there: bool = True


def looked_at(look: SecondLook) -> LookedAt:
    """Return what a second look is about."""
    if look.request is not None:
        return _of_request(look.request)
    return _of_call(look)


def _of_request(request: ApprovalRequest) -> LookedAt:
    return LookedAt(
        title=request.title,
        operation=request.operation,
        parameters=request.parameters,
        evidence=without_advice(request.evidence),
        reasons=request.reasons,
    )


def _of_call(look: SecondLook) -> LookedAt:
    _, _, call_id = look.source.partition(":")
    call = ToolCall.objects.filter(organization=look.organization_id, pk=UUID(call_id)).first()
    if call is None:
        return LookedAt(title=look.operation, operation=look.operation, is_there=False)
    tool = Tool.objects.filter(organization=look.organization_id, name=call.tool).first()
    summary = str(tool.spec.get("summary") or "") if tool is not None else ""
    title = fill(summary, {"args": call.args}) if summary else call.tool
    return LookedAt(title=title[:300], operation=call.tool, parameters=call.args)
