"""Questions that are answered together: which of them are opened first, and how far that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from coordination.approvals.models import ApprovalRequest
from coordination.web import words
from coordination.web.contexts.approval import Pane
from coordination.web.contexts.approval_grounds import Value
from coordination.web.contexts.approvals import of_risk
from coordination.web.contexts.status import Status

# So many values tell one question of a kind from another.
SHOWN_VALUES = 4


@dataclass(frozen=True, slots=True)
class TogetherRow:
    """One of the questions."""

    request: ApprovalRequest
    risk: Status | None
    values: list[Value]
    state: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class TogetherPage:
    """The questions, the one that is opened now, and whether all can be answered by now."""

    rows: list[TogetherRow]
    title: str
    told: str
    pane: Pane | None
    stamp: str
    n_opened: int
    n_to_open: int
    reason: str
    problem: str

    @classmethod
    def of(
        cls,
        requests: Sequence[ApprovalRequest],
        to_open: Sequence[UUID],
        opened: Sequence[UUID],
        *,
        pane: Pane | None,
        stamp: str,
        reason: str = "",
        problem: str = "",
    ) -> "TogetherPage":
        """Compute the page."""
        here = pane.request.pk if pane else None
        return cls(
            rows=[_row(one, to_open, opened, here) for one in requests],
            title=f"{words.plural(len(requests), 'question')} together",
            told=_told(len(opened), len(to_open)),
            pane=pane,
            stamp=stamp,
            n_opened=len(opened),
            n_to_open=len(to_open),
            reason=reason,
            problem=problem,
        )


def _row(request: ApprovalRequest, to_open: Sequence[UUID], opened: Sequence[UUID], here: UUID | None) -> TogetherRow:
    values = [Value.of(name, value) for name, value in list(request.parameters.items())[:SHOWN_VALUES]]
    state = "opened" if request.pk in opened else "to open" if request.pk in to_open else ""
    return TogetherRow(request, of_risk(request), values, state, request.pk == here)


def _told(n_opened: int, n_to_open: int) -> str:
    if n_opened < n_to_open:
        return f"Open {n_to_open} of them first, drawn by chance: {n_opened} of {n_to_open} opened."
    return f"You have opened {words.plural(n_opened, 'of them', 'of them')}, drawn by chance."
