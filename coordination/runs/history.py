"""What happened before, for rules that ask: each is looked up only when one does."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property, partial
from typing import Any
from uuid import UUID

from coordination.agents.models import Tool
from coordination.memory.models import KnowledgeBase
from coordination.memory.selectors import tainted_reads
from coordination.policies.selectors import actions_of, calls_since, denials_since
from coordination.runs.models import DataAccess, ToolCall
from coordination.shared.clock import now

# A tool or a knowledge base with this label gives what strangers may have written.
UNTRUSTED = {"trust": "untrusted"}
# What flow.labels says of a run that has read something not to be trusted.
TAINTED = "tainted"
_MOST = 1_000
_RESOURCE = ("kind", "name", "organization", "classification")


class RunHistory:
    """What one run has done so far, apart from the step that is being decided."""

    def __init__(self, organization_id: UUID, run_id: UUID, step: str, tool: str = "", args: Any = None) -> None:
        self._organization_id, self._run_id, self._step = organization_id, run_id, step
        self._tool, self._args = tool, args

    def lookups(self) -> Mapping[str, Callable[[], Any]]:
        """Return how each fact is found."""
        return {
            "history.tools": lambda: self._called,
            "history.tainted_sources": self._tainted_sources,
            "history.repeats": self._repeats,
            "flow.labels": self._labels,
        }

    @cached_property
    def _called(self) -> list[str]:
        calls = ToolCall.objects.filter(run_id=self._run_id).exclude(step_key=self._step).order_by("released_at", "id")
        return list(calls.values_list("tool", flat=True)[:_MOST])

    @cached_property
    def _read(self) -> list[DataAccess]:
        return list(DataAccess.objects.filter(run_id=self._run_id, decision="allow").order_by("id")[:_MOST])

    def _tainted_sources(self) -> list[str]:
        """Return what this run has used that is not to be trusted: tools, knowledge bases, documents, memory."""
        bases = {access.what for access in self._read if access.kind == "knowledge"}
        owned = {"organization_id": self._organization_id, "labels__contains": UNTRUSTED}
        tools = Tool.objects.filter(name__in={*self._called}, **owned).values_list("name", flat=True)
        tainted = KnowledgeBase.objects.filter(name__in=bases, **owned).values_list("name", flat=True)
        return sorted({*tools, *tainted, *(name for name, _ in self._tainted_reads)})

    def _repeats(self) -> int:
        """Return how often this run did exactly the same."""
        same = ToolCall.objects.filter(run_id=self._run_id, tool=self._tool, args=self._args)
        return same.exclude(step_key=self._step).count()

    def _labels(self) -> list[str]:
        """Return the classes of data that this run has read: from knowledge, from memory and from tools."""
        read = {label for access in self._read for label in access.classification.split(", ")}
        called = Tool.objects.filter(organization_id=self._organization_id, name__in={*self._called})
        tainted = {TAINTED} if self._tainted_reads else set()
        return sorted(read | tainted | {*called.values_list("spec__classification", flat=True)} - {None, ""})

    @cached_property
    def _tainted_reads(self) -> list[tuple[str, str]]:
        return tainted_reads(self._run_id)


class Untold(Exception):
    """What an agent elsewhere tells is not of the shape that a rule could read: nothing is decided on it."""


def told_about(context: Mapping[str, Any]) -> Mapping[str, Callable[[], Any]]:
    """Return what an agent elsewhere tells about its task: we have not seen it, and take its word."""
    told, resource = context.get("history", {}), context.get("resource", {})
    found: dict[str, Callable[[], Any]] = {
        "task.prompt": lambda: _of_kind(context, "prompt", str, ""),
        "task.sources": lambda: _sources_in(context),
        "history.tools": lambda: (
            _of_kind(told, "tools", list, [])
            if "tools" in told
            else [str(one.get("tool", "")) for one in _sources_in(context)]
        ),
        "history.tainted_sources": lambda: _of_kind(told, "tainted_sources", list, []),
        "history.repeats": lambda: _of_kind(told, "repeats", int, 0),
        "flow.labels": lambda: _of_kind(told, "labels", list, []),
    }
    return found | {f"resource.{name}": partial(_of_kind, resource, name, str, "") for name in _RESOURCE}


def _sources_in(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _of_kind(context, "sources", list, [])
    if not all(isinstance(one, dict) and isinstance(one.get("args", {}), dict) for one in found):
        raise Untold("sources is not a list of {tool, args, result}")
    return found


def _of_kind(told: Any, name: str, kind: type, otherwise: Any) -> Any:
    """Return a part of what was told; raises Untold for one of another kind."""
    value = told.get(name, otherwise) if isinstance(told, dict) else None
    if type(value) is not kind:
        raise Untold(f"{name} is not a {kind.__name__}")
    return value


def rates(organization_id: UUID, agent: str) -> Mapping[str, Callable[[], Any]]:
    """Return how busy an agent is, and how often it was refused."""
    return {
        "rate.calls_1m": lambda: calls_since(organization_id, agent, now() - timedelta(minutes=1)),
        "rate.denials_1h": lambda: denials_since(organization_id, agent, now() - timedelta(hours=1)),
        "rate.actions": lambda: actions_of(organization_id, agent),
    }
