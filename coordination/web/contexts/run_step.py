"""One step of a run, looked at closely: what it does, what came of it, and what is inside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.flow.graph import is_undo
from coordination.engine.flow.state import StepStatus
from coordination.runs.models import Quality, Run, Step, StepVerdict
from coordination.runs.sealed import is_sealed
from coordination.runs.selectors import Around, Remark
from coordination.web import words
from coordination.web.contexts import run_notes
from coordination.web.contexts import status as statuses
from coordination.web.contexts.council import Council
from coordination.web.contexts.parts import Choice, Pager, Reason
from coordination.web.contexts.run_controls import Control, step_controls
from coordination.web.contexts.run_names import called, called_inside
from coordination.web.contexts.run_scene import Scene
from coordination.web.contexts.run_told import who
from coordination.web.contexts.status import STEPS, Status
from coordination.workflows.selectors import plan_of

# Of what an item is or came to, so much fits a row.
_ROW_PX, _ROW_FONT_PX = 330, 12.5
_TONES = {StepStatus.SUCCEEDED: "ok", StepStatus.FAILED: "bad", StepStatus.CANCELLED: "idle"}
_REMARKS = {
    "StepSkipped": "{who} skipped it",
    "ConditionUnmet": "It was skipped",
    "StepOverridden": "{who} gave its output",
    "StepRepeated": "{who} had it repeated",
}


@dataclass(frozen=True, slots=True)
class Inside:
    """An item, a round, a racer, or the compensation of a step, in a list of them."""

    step: Step
    title: str
    status: Status
    note: str
    took_s: float | None
    link: str
    part: Run | None

    @classmethod
    def of(cls, scene: Scene, step: Step, around: Around) -> "Inside":
        """Return the row of one."""
        return cls(
            step=step,
            title=called_inside(scene.run, step),
            status=statuses.of_step(step),
            note=_brief(step),
            took_s=run_notes.took_s(step),
            link=scene.place.on_step(step.key),
            part=around.parts.get(step.key),
        )


@dataclass(frozen=True, slots=True)
class StepPanel:
    """Everything about one step."""

    step: Step
    title: str
    status: Status
    crumbs: list[Choice]
    facts: list[tuple[str, str]]
    remark: str
    controls: list[Control]
    part: Run | None
    part_link: str
    progress: str
    done: int
    size: int
    # Of a map each item shows its own: all together have megabytes; what a mediator was told is for nobody else.
    shows_output: bool
    shows_item: bool
    council: Council | None
    verdicts: list[Reason]
    judge_link: str
    message_link: str
    attempts: list[Reason]
    tone: str
    states: list[Choice]
    inside: list[Inside]
    pager: Pager

    @classmethod
    def of(
        cls,
        scene: Scene,
        step: Step,
        parent: Step | None,
        remark: Remark | None,
        around: Around,
        *,
        inside: Sequence[Inside] = (),
        counts: Mapping[str, int] | None = None,
        verdicts: Sequence[StepVerdict] = (),
        pager: Pager | None = None,
        sealed: Sequence[Step] = (),
    ) -> "StepPanel":
        """Compute the panel; `inside` is one page of what the step holds, `counts` says how many there are by state."""
        definition = scene.definition(step.key)
        part = around.parts.get(step.key)
        return cls(
            step=step,
            title=called(scene.run, step.key),
            status=statuses.of_step(step),
            crumbs=_crumbs(scene, step),
            facts=_facts(scene, step, around),
            remark=_said(remark),
            controls=[] if scene.past else step_controls(scene.run, step, parent, scene.membership),
            part=part,
            part_link=reverse("run", args=[part.pk]) if part else "",
            progress=run_notes.inside(step, definition, around),
            done=step.progress.get("done", 0),
            size=step.progress.get("size", 0) if step.kind == "map" else 0,
            shows_output=_shows_output(scene, step),
            shows_item=step.item is not None and definition.council is None and not _is_called(scene, step),
            council=Council.of(step, sealed),
            verdicts=[_verdict(one) for one in verdicts],
            judge_link=_judge_link(scene, step),
            message_link=_message_link(scene, step),
            attempts=[_attempt(attempt) for attempt in step.attempts],
            tone=_TONES.get(StepStatus(step.status), ""),
            states=_states(scene, step, counts or {}),
            inside=list(inside),
            pager=pager or Pager(),
        )

    @property
    def has_details(self) -> bool:
        """Tell whether there is anything below the facts."""
        step = self.step
        shown = (step.attempts, step.parameters, step.facts, step.sources)
        return any(shown) or self.shows_item or (self.shows_output and step.output is not None)


def _shows_output(scene: Scene, step: Step) -> bool:
    """Tell whether what came of a step is shown as it is: some have a picture, some is for nobody else to see."""
    is_pictured = step.kind in ("map", "vote", "negotiate")
    return not is_pictured and not is_sealed(plan_of(scene.run.workflow_version_id), step.key)


def _is_called(scene: Scene, step: Step) -> bool:
    """Tell whether a step is one agent's part of a vote or a negotiation."""
    return bool(step.parent) and not is_undo(step.key) and scene.definition(step.parent).council is not None


def _attempt(attempt: dict[str, Any]) -> Reason:
    """Return one attempt as a bead: who made it, what came of it, how long it took."""
    error = attempt.get("error") or {}
    times = [datetime.fromisoformat(attempt[name]) for name in ("started_at", "finished_at") if attempt.get(name)]
    return Reason(
        head=attempt.get("agent") or f"Attempt {attempt.get('number')}",
        text=error.get("message") or "succeeded",
        code=error.get("code", ""),
        note=words.duration((times[1] - times[0]).total_seconds()) if len(times) == 2 else "",
        hit=True,
        tone="idle" if attempt.get("status") == "unused" else "bad" if error else "ok",
    )


def _verdict(one: StepVerdict) -> Reason:
    quality = Quality(one.quality)
    tone = "ok" if quality == Quality.RIGHT else "bad"
    return Reason(head=f"{one.person_name}: {quality.label}", text=one.reason, tone=tone, hit=True)


def _judge_link(scene: Scene, step: Step) -> str:
    can_be = step.status == StepStatus.SUCCEEDED and step.output is not None and scene.past is None
    allowed = can_be and may(scene.membership, Right.OUTPUT_JUDGE)
    return reverse("judge-step", args=[step.run_id, step.key]) if allowed else ""


def _message_link(scene: Scene, step: Step) -> str:
    """Return where whoever does the step next is told something, if an agent may still do it."""
    is_theirs = step.kind == "agent" and scene.past is None and not statuses.has_ended(scene.run)
    if not is_theirs or not may(scene.membership, Right.RUN_CONTROL):
        return ""
    return f"{reverse('message-run', args=[step.run_id])}?{urlencode({'step': step.key})}"


def _crumbs(scene: Scene, step: Step) -> list[Choice]:
    above = [Choice("All steps", scene.place.on_tab("steps"))]
    if step.parent:
        above.append(Choice(called(scene.run, step.parent), scene.place.on_step(step.parent)))
    return above


def _facts(scene: Scene, step: Step, around: Around) -> list[tuple[str, str]]:
    definition = scene.definition(step.key)
    agent = f"{step.agent} v{step.agent_version}" if step.agent_version else step.agent
    told = [
        ("Key", step.key if step.parent else ""),
        ("Kind", " · ".join(part for part in (step.kind, step.capability) if part)),
        ("Does", _rule(scene, step)),
        ("Taken over by", step.progress.get("held_by", "").partition(":")[2]),
        ("Agent", " · ".join(part for part in (agent, step.agent_role) if part)),
        ("Winner", around.winners.get(step.key, "")),
        ("Waits for", f"the signal {definition.wait.signal}" if definition.wait and definition.wait.signal else ""),
        ("Goes on", _when(scene, around.wakes.get(step.key))),
        ("Tries again", _when(scene, around.again.get(step.key))),
        ("Time is up", _when(scene, around.limits.get(step.key))),
        ("Confidence", f"{step.confidence:.2f}" if step.confidence is not None else ""),
        ("Least sure", _least_sure(step)),
        ("Cost", words.money(step.cost_microusd) if step.cost_microusd else ""),
        ("Why", step.rationale),
    ]
    return [(name, value) for name, value in told if value]


def _rule(scene: Scene, step: Step) -> str:
    """Say how a step that holds others goes about it."""
    if step.parent:
        return ""
    definition = scene.definition(step.key)
    if definition.map is not None:
        some = f"; {definition.map.max_failures} may fail" if definition.map.max_failures else "; none may fail"
        return f"{definition.map.concurrency} items at a time{some}"
    if definition.loop is not None:
        return f"again until {definition.loop.until}, at most {words.plural(definition.loop.max, 'time')}"
    if definition.vote is not None:
        return f"up to {definition.vote.n} agents vote; {definition.vote.rule} rule"
    if definition.negotiate is not None:
        return f"{definition.negotiate.protocol}, at most {words.plural(definition.negotiate.rounds, 'round')}"
    if definition.agent is not None and definition.agent.spreads:
        races = definition.agent.strategy == "race"
        return f"up to {definition.agent.n} agents; {'the first answer counts' if races else 'all answers count'}"
    return f"a run of {definition.workflow.name}" if definition.workflow else ""


def _least_sure(step: Step) -> str:
    """Say how sure the least sure is of what the step was made of, or of what it rests on."""
    if step.least_sure is None or step.least_sure == step.confidence:
        return ""
    inside = {"map": "its items", "loop": "its rounds"}.get(step.kind, "its agents")
    return f"{step.least_sure:.2f}, the lowest of {inside if step.progress else 'what it rests on'}"


def _when(scene: Scene, moment: Any) -> str:
    return f"{words.when(moment, scene.now)} ({words.exact(moment)})" if moment else ""


def _said(remark: Remark | None) -> str:
    if remark is None:
        return ""
    told = _REMARKS[remark.kind].format(who=who(remark.actor))
    return f"{told}: {remark.reason}" if remark.reason else f"{told}."


def _states(scene: Scene, step: Step, counts: Mapping[str, int]) -> list[Choice]:
    """Return a chip for each state that something inside is in."""
    if sum(counts.values()) <= 1:
        return []
    place = scene.place
    every = Choice(f"All {words.count(sum(counts.values()))}", place.on_step(step.key), not place.state)
    return [every, *(_state(scene, step, state, counts[state]) for state in STEPS if counts.get(state))]


def _state(scene: Scene, step: Step, state: StepStatus, n: int) -> Choice:
    title = f"{STEPS[state].word} {words.count(n)}"
    return Choice(title, scene.place.on_step(step.key, state), state == scene.place.state)


def _is_about_something(step: Step) -> bool:
    """Tell whether an item says what a child is about; of an agent in a council it says what is known of it."""
    return step.item is not None and not (isinstance(step.item, dict) and "asked" in step.item and step.agent)


def _brief(step: Step) -> str:
    """Say in one line what came of a child, or what it is about."""
    if step.error:
        text = str(step.error.get("message", ""))
    elif is_undo(step.key) or not _is_about_something(step):
        text = ""
    else:
        text = step.item if isinstance(step.item, str) else json.dumps(step.item, ensure_ascii=False)
    return words.fit(" ".join(text[:400].split()), _ROW_PX, _ROW_FONT_PX)
