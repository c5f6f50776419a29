"""A reviewer asks back: the agent that proposed the action answers in the thread, or a person does.

The agent is called as for a step, by the same policies, budgets and stop switches, but nothing that it proposes in its
answer is carried out. An answer that never comes leaves the question to people.
"""

import json
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Membership, Organization
from coordination.adapters.ports import Message, Result, Task
from coordination.agents.models import Agent
from coordination.approvals import services as approvals
from coordination.approvals.models import ApprovalMessage, ApprovalRequest, State
from coordination.approvals.question import UNTOLD, Manner
from coordination.approvals.selectors import get_request
from coordination.engine.duration import seconds
from coordination.engine.flow.budget import Amounts
from coordination.runs.guard import judge_agent_call
from coordination.runs.inner_costs import tell_above
from coordination.runs.jobs import INQUIRE
from coordination.runs.late import tokens_of
from coordination.runs.loading import Loaded, lock, parse_subject, save
from coordination.runs.models import Step
from coordination.runs.occasions import because, brief, note_decision, occasion_of, refusal_of, thought_in
from coordination.runs.performing import perform
from coordination.runs.services.begin_call import cost_usd_of, most_of
from coordination.runs.services.judging import judged
from coordination.runs.work import AgentWork, Done, Outcome
from coordination.shared.errors import NotFound

_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question that an agent is to answer, and the work of asking it."""

    request: ApprovalRequest
    work: AgentWork


@transaction.atomic
def ask_back(
    membership: Membership, request_id: UUID, question: str, revision: int, manner: Manner = UNTOLD
) -> ApprovalRequest:
    """Ask back before deciding, and let the agent that proposed the action answer, if one did."""
    request = get_request(membership.organization, request_id)
    request = approvals.request_info(request, membership, question, revision, manner=manner)
    if request.subject.startswith("run:"):
        INQUIRE.later(organization=str(membership.organization_id), request=str(request_id))
    return request


def inquire(organization: Organization, request_id: UUID) -> bool:
    """Let an agent answer what was asked back, and tell whether it did."""
    inquiry = _begun(organization, request_id)
    if inquiry is None:
        return False
    outcome = perform(inquiry.work)
    return _ended(inquiry, outcome)


@transaction.atomic
def _begun(organization: Organization, request_id: UUID) -> Inquiry | None:
    """Return the work of asking the agent; None where nothing is asked, no agent is at hand, or it may not be called.

    The thread says that the agent was asked: whoever looks next does not ask it again.
    """
    request = _asked_back(organization, request_id)
    if request is None:
        return None
    run_id, step_key = parse_subject(request.subject)
    loaded = lock(run_id, organization.pk)
    request = _asked_back(organization, request_id)
    planner = thought_in(loaded, loaded.rows[step_key])
    if request is None or planner is None:
        return None
    agent = Agent.objects.filter(organization=organization, name=planner.agent).first()
    if agent is None:
        return None
    question = request.messages.last()
    assert question is not None  # noqa: S101  (_asked_back found it)
    why_not = _why_not(loaded, planner, agent)
    loaded.let_others_write()
    approvals.say(request, SYSTEM, why_not or f"{agent.title or agent.name} was asked.")
    if not why_not:
        said = {"agent": agent.name, "version": agent.version, "request": str(request.pk), "question": question.text}
        loaded.note("AgentAsked", planner.key, said)
    save([loaded])
    return None if why_not else Inquiry(request, _work(loaded, planner, agent, request, question))


def _asked_back(organization: Organization, request_id: UUID) -> ApprovalRequest | None:
    """Return a request whose last word is a person's question."""
    try:
        request = get_request(organization, request_id)
    except NotFound:
        return None
    last = request.messages.last()
    is_asked = request.state == State.INFO_REQUESTED and last is not None and last.author.startswith("user:")
    return request if is_asked else None


def _why_not(loaded: Loaded, planner: Step, agent: Agent) -> str:
    """Return in a sentence why the agent is not called now, "" if it may be."""
    name = agent.title or agent.name
    if loaded.run.organization.halted_at is not None or agent.status != "active":
        return f"{name} is stopped and cannot answer; a person has to."
    given = planner.parameters or {}
    decision = judge_agent_call(occasion_of(loaded, planner), agent, planner.capability, given, cost_usd_of(agent))
    loaded.decisions.append(decision)
    if decision.outcome != "allow":
        note_decision(loaded, planner, decision)
        return f"{name} may not be asked: {because(decision)} A person has to answer."
    refusal = refusal_of(loaded, planner, most_of(agent), agent.name)
    return f"{name} cannot be asked: {refusal.message} A person has to answer." if refusal else ""


def _work(
    loaded: Loaded, planner: Step, agent: Agent, request: ApprovalRequest, question: ApprovalMessage
) -> AgentWork:
    spec = loaded.registry.spec_of(agent)
    asked = f"Before a person decides about what you proposed ({request.title}) they ask: {question.text}"
    messages = (*_thread(request), Message(question.author, asked, question.created_at.isoformat(), str(question.pk)))
    return AgentWork(
        run_id=loaded.run.id,
        organization_id=loaded.run.organization_id,
        item_id=question.pk,
        step_key=planner.key,
        attempt=planner.attempt,
        adapter=spec.adapter.model_dump(exclude_none=True),
        task=Task(
            capability=planner.capability,
            input=planner.parameters or {},
            config=spec.config,
            agent=agent.name,
            idempotency_key=f"{request.pk}:{question.pk}",
            timeout_s=seconds(spec.timeout),
            messages=messages,
        ),
        reads=tuple(agent.limits.get("reads", [])),
        purpose=f"A question about {request.title}"[:200],
        fixed_cost_microusd=spec.cost_microusd_per_call,
        step_id=planner.pk,
        began_at=loaded.at,
        scopes=tuple(loaded.purses.scopes(planner)),
        planned=most_of(agent),
        said={"agent": agent.name, "version": agent.version, **brief(loaded.decisions[-1])},
    )


def _thread(request: ApprovalRequest) -> tuple[Message, ...]:
    """Return what was said before the question."""
    before = list(request.messages.exclude(author=str(SYSTEM)))[:-1]
    return tuple(Message(one.author, one.text, one.created_at.isoformat(), str(one.pk)) for one in before)


@transaction.atomic
def _ended(inquiry: Inquiry, outcome: Outcome) -> bool:
    """Write the answer into the thread and count what it took; tell whether there was one."""
    work, request = inquiry.work, inquiry.request
    loaded = lock(work.run_id, work.organization_id)
    planner = loaded.rows[work.step_key]
    _count(loaded, planner, work, outcome)
    taken = judged(loaded, planner, work, outcome)
    actor = Actor.agent(work.task.agent, work.said["version"])
    said = {"request": str(request.pk), "agent": work.task.agent, "version": work.said["version"]}
    loaded.let_others_write()
    is_waiting = get_request(loaded.run.organization, request.pk).state == State.INFO_REQUESTED
    if not isinstance(taken, Done):
        if is_waiting:
            approvals.say(request, SYSTEM, f"{work.task.agent} could not answer: {taken.message} A person has to.")
    elif is_waiting:
        approvals.answer_info(request, actor, text_of(taken.result))
    loaded.note("AgentAnswered", work.step_key, said | {"answered": isinstance(taken, Done)}, str(actor))
    save([loaded])
    return is_waiting and isinstance(taken, Done)


def _count(loaded: Loaded, planner: Step, work: AgentWork, outcome: Outcome) -> None:
    cost = work.fixed_cost_microusd + (outcome.result.usage.cost_microusd if isinstance(outcome, Done) else 0)
    planner.cost_microusd += cost
    loaded.run.cost_microusd += cost
    loaded.touched.add(planner.key)
    loaded.purses.add(work.scopes, Amounts(cost, tokens_of(outcome), calls=1))
    tell_above(loaded)


def text_of(result: Result) -> str:
    """Return an agent's answer in words: what it calls its answer, its reasons, or else its output."""
    answer = result.output.get("answer")
    text = answer if isinstance(answer, str) else result.rationale
    return (text or json.dumps(result.output, ensure_ascii=False, sort_keys=True))[:_LONGEST]
