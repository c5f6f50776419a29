"""What time does to a question, and to whoever has more of them than one person can look at."""

from datetime import datetime

from coordination.approvals.manifest import Rules
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.question import Stage
from coordination.approvals.selectors import Load
from coordination.approvals.selectors.authority import in_words
from coordination.approvals.sla import above, passes_in_silence, planned_calls
from coordination.engine.timetable.calls import Call
from coordination.web import words

WAITING = "While nobody answers"


def ahead(request: ApprovalRequest, rules: Rules, now: datetime) -> list[tuple[str, str]]:
    """Return in one sentence whom a question will be put to, and what silence means where that is consent."""
    calls = [(call, at) for at, call in planned_calls(request, rules) if now < at < request.expires_at]
    said = []
    raised = next((at for call, at in calls if call == Call.RAISE), None)
    higher = above(Stage.of(request.stage), request.escalation_level, rules)
    if raised is not None and higher is not None:
        said.append(f"{in_words(higher)} is asked {words.when(raised, now)}")
    duty = next((at for call, at in calls if call == Call.DUTY), None)
    turn = rules.duty.rota().turn_at(duty) if duty else None
    if duty is not None and turn is not None:
        said.append(f"{turn.person}, who is on duty then, is called {words.when(duty, now)}")
    lines = [(WAITING, f"{_begun('; '.join(said))}.")] if said else []
    if passes_in_silence(request, rules):
        lines.append(("In the end", "It goes ahead although no human agreed: it is low in risk and reversible."))
    return lines


def load_notice(load: Load) -> str:
    """Return what to tell somebody who has more before them than one person can look at; "" to everybody else."""
    others = words.plural(load.with_others, "question")
    if load.last_hour > load.most_in_an_hour:
        said = f"You decided {load.last_hour} in the last hour, more than anybody can look at well."
    elif load.open > load.most_open:
        said = f"{load.open} wait for you, more than one person can look at well, and nobody else may take them."
    else:
        return (
            f"{others} that you may decide too were put to others first, as there were too many."
            if load.with_others
            else ""
        )
    return f"{said} {others} {'was' if load.with_others == 1 else 'were'} put to others first; they are under Team."


def _begun(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
