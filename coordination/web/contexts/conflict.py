"""The page of a conflict: the cases side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from coordination.accounts.models import Membership
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.selectors import may_decide
from coordination.runs.conflicts import Case
from coordination.runs.models import Step
from coordination.web import words
from coordination.web.contexts.council import Council
from coordination.web.contexts.parts import Reason
from coordination.web.contexts.run_place import Place


@dataclass(frozen=True, slots=True)
class CaseView:
    """One option with what speaks for it."""

    option: str
    share: str
    percent: float
    voices: list[Reason]
    n_voices: str


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """Everything a person needs to decide between the cases."""

    request: ApprovalRequest
    cases: list[CaseView]
    others: list[CaseView]
    council: Council | None
    run_title: str
    run_link: str
    refusal: str
    reason: str
    problem: str

    @classmethod
    def of(
        cls,
        request: ApprovalRequest,
        step: Step,
        cases: Sequence[Case],
        membership: Membership,
        reason: str = "",
        problem: str = "",
    ) -> "ConflictPage":
        """Compute the page for one member: first the options that somebody speaks for, then the others."""
        refused = may_decide(request, membership)
        views = [_view(case) for case in cases]
        return cls(
            request=request,
            cases=[view for view in views if view.voices] or views,
            others=[view for view in views if not view.voices] if any(view.voices for view in views) else [],
            council=Council.of(step),
            run_title=step.run.title,
            run_link=Place(step.run_id).on_step(step.key),
            refusal=str(refused) if refused else "",
            reason=reason,
            problem=problem,
        )


def _view(case: Case) -> CaseView:
    return CaseView(
        option=case.option,
        share=f"{words.percent(case.share)} of the vote" if case.share is not None else "",
        percent=round(100 * (case.share or 0), 1),
        voices=[
            Reason(
                head=voice.agent,
                text=voice.why or "gave no reason",
                note=f"sure {voice.confidence:.2f}" if voice.confidence is not None else "",
            )
            for voice in case.voices
        ],
        n_voices=words.plural(len(case.voices), "agent"),
    )
