"""Whatever goes wrong while deciding, at whichever hook: the act does not happen, and a decision says why."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.adapters.ports import AgentFailed
from coordination.engine.rules import ruleset
from coordination.engine.rules.hooks import HOOKS
from coordination.engine.rules.rulebook import Rulebook
from coordination.memory.models import MemoryEntry
from coordination.memory.services import remember, save_knowledge_base
from coordination.policies.errors import ActDenied
from coordination.policies.models import Policy, PolicyDecision, PolicyVersion, RuleSetStamp
from coordination.policies.services import ask_about_change, decide, enforced, keep_denial, save_draft
from coordination.runs import history
from coordination.runs.models import Run, Step
from coordination.runs.reach import GuardedReach
from coordination.runs.services import guard_action, start_run
from coordination.runs.work import AgentWork
from tests import acting
from tests.integration.runs.conftest import World, make_world, manifest
from tests.working import claim, work_off

ANN = Actor("user", "ann")
# Returns whether the act happened; calling it is the act.
Act = Callable[[], bool]


@pytest.fixture
def world(db: None, settings: Any) -> World:
    world = make_world(settings)
    world.workflow({"id": "a", "agent": {"name": "echo"}, "input": {"text": "hello"}})
    return world


def starting(world: World) -> Act:
    def act() -> bool:
        with refusals():
            start_run(world.organization, "flow", {}, actor=ANN)
        return Run.objects.exists()

    return act


def calling(world: World) -> Act:
    run = world.start()

    def act() -> bool:
        work_off(run)
        return Step.objects.get(run=run).attempt > 0

    return act


def sending(world: World) -> Act:
    world.policy("free", when="action.name == 'mail.send'", effect="allow")
    world.workflow({"id": "s", "action": {"tool": "mail.send", "args": {"text": "hi"}}})
    run = world.start()

    def act() -> bool:
        work_off(run)
        return bool(acting.sent)

    return act


def sending_elsewhere(world: World) -> Act:
    world.policy("free", when="action.name == 'mail.send'", effect="allow")
    return lambda: guard_action(world.organization, "echo", "mail.send", {}, {}, ANN).decision == "allow"


def working(world: World) -> AgentWork:
    document = {"key": "d", "title": "T", "text": "A lamp.", "label": "lamp", "classification": "public"}
    save_knowledge_base(world.organization, manifest("KnowledgeBase", "open", {"documents": [document]}), SYSTEM)
    held = claim(world.start().pk, "a")
    assert held is not None
    assert isinstance(held.work, AgentWork)
    remember(
        world.organization, run_id=held.work.run_id, key="mood", value="calm", writer="echo", classification="public"
    )
    return held.work


def searching(world: World) -> Act:
    reach = GuardedReach(working(world))
    return lambda: bool(reach.search("open", "lamp"))


def learning(world: World) -> Act:
    reach = GuardedReach(working(world))
    return lambda: bool(not_refused(lambda: reach.examples("open")))


def recalling(world: World) -> Act:
    reach = GuardedReach(working(world))
    return lambda: bool(not_refused(lambda: reach.recall("mood")))


def remembering(world: World) -> Act:
    reach = GuardedReach(working(world))

    def act() -> bool:
        not_refused(lambda: reach.remember("note", "x"))
        return MemoryEntry.objects.filter(key="note").exists()

    return act


def messaging(world: World) -> Act:
    # Nothing sends messages yet: whatever will asks as all others do.
    facts = {"hook": "message", "message.text": "hello"}
    return lambda: decide(world.organization, facts, subject="message").outcome == "allow"


def ending(world: World) -> Act:
    run = world.start()
    held = claim(run.pk, "a")
    assert held is not None

    def act() -> bool:
        held.finish()
        return Step.objects.get(run=run).output is not None

    return act


def changing_an_agent(world: World) -> Act:
    def act() -> bool:
        with refusals():
            ask_about_change(world.organization, ANN, "agent", "save", "echo", {})
            return True
        return False

    return act


def changing_a_policy(world: World) -> Act:
    said = {"rules": [{"key": "r", "statement": "s", "when": "true", "effect": "allow"}]}

    def act() -> bool:
        with refusals():
            save_draft(world.organization, manifest("Policy", "mine", said), ANN)
        return Policy.objects.filter(name="mine").exists()

    return act


def unheard_of(world: World) -> Act:
    return lambda: decide(world.organization, {"hook": "telepathy"}, subject="s").outcome == "allow"


@contextmanager
def refusals() -> Iterator[None]:
    """Keep a refusal on record, as whoever answers people does."""
    try:
        with transaction.atomic():
            yield
    except ActDenied as denial:
        keep_denial(denial)


def not_refused(act: Callable[[], Any]) -> Any:
    """Return what the act gives, or None if policies refused it."""
    try:
        return act() or True
    except AgentFailed as error:
        if error.code != "policy-denied":
            raise
        return None


ACTS: Mapping[str, tuple[str, Callable[[World], Act]]] = {
    "run.start": ("run.start", starting),
    "agent.call": ("agent.call", calling),
    "action": ("action", sending),
    "tool.call": ("tool.call", sending_elsewhere),
    "data.access by search": ("data.access", searching),
    "data.access by examples": ("data.access", learning),
    "memory.read": ("memory.read", recalling),
    "memory.write": ("memory.write", remembering),
    "message": ("message", messaging),
    "step.result": ("step.result", ending),
    "agent.change": ("agent.change", changing_an_agent),
    "policy.change": ("policy.change", changing_a_policy),
}


def condition(when: str) -> Callable[[World, str, pytest.MonkeyPatch], None]:
    def inject(world: World, hook: str, _: pytest.MonkeyPatch) -> None:
        world.policy("faulty", hooks=[hook], when=when, effect="warn")

    return inject


def unreadable(world: World, hook: str, _: pytest.MonkeyPatch) -> None:
    policy = Policy.objects.create(organization=world.organization, name="damaged")
    policy.enforced = PolicyVersion.objects.create(policy=policy, number=1, spec=[], digest="", status="enforced")
    policy.save()
    stamped(world)


def out_of_reach(world: World, hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.policy("quiet", hooks=[hook], when="false", effect="deny")
    enforced._kept.clear()

    def fail(_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(enforced, "_stored", fail)


def no_stamp(world: World, hook: str, _: pytest.MonkeyPatch) -> None:
    world.policy("quiet", hooks=[hook], when="false", effect="deny")
    RuleSetStamp.objects.all().delete()


def out_of_time(world: World, hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.policy("slow", hooks=[hook], when="false", effect="warn")
    monkeypatch.setattr(ruleset, "MAX_MICROS", -1)


def surprise(world: World, hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.policy("quiet", hooks=[hook], when="false", effect="warn")

    def fail(*_: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(Rulebook, "judge", fail)


def lost_count(world: World, hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.policy("limited", hooks=[hook], when="true", effect="limit", limit={"max": 100})
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE policies_limitbucket RENAME TO gone")


def stamped(world: World) -> None:
    RuleSetStamp.objects.filter(organization=world.organization).delete()
    RuleSetStamp.objects.create(organization=world.organization)


MANY = "[" + ",".join(str(n) for n in range(60)) + "]"
FAILURES: Mapping[str, Callable[[World, str, pytest.MonkeyPatch], None]] = {
    "an evaluation error": condition("facts.missing == 'x'"),
    "too many iterations": condition(f"{MANY}.all(a, {MANY}.all(b, {MANY}.all(c, a + b + c >= 0)))"),
    "neither true nor false": condition("[facts, 1][1]"),
    "out of time": out_of_time,
    "a policy that can no longer be read": unreadable,
    "rules that cannot be read": out_of_reach,
    "a missing set of rules": no_stamp,
    "a limit that cannot be counted": lost_count,
    "an error nobody thought of": surprise,
}


def test_every_hook_is_tried() -> None:
    assert {hook for hook, _ in ACTS.values()} == set(HOOKS)


@pytest.mark.parametrize("name", ACTS)
def test_where_nothing_goes_wrong_the_act_happens(world: World, name: str) -> None:
    hook, prepare = ACTS[name]
    act = prepare(world)
    world.policy("quiet", hooks=[hook], when="false", effect="deny")

    assert act()
    assert PolicyDecision.objects.filter(hook=hook, outcome="allow").exists()


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", ACTS)
def test_nothing_happens_that_cannot_be_decided(
    world: World, name: str, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, prepare = ACTS[name]
    act = prepare(world)
    FAILURES[failure](world, hook, monkeypatch)

    assert not act()

    decision = PolicyDecision.objects.filter(hook=hook).latest("id")
    assert (decision.outcome, decision.reasons[0]["code"]) == ("deny", "policy-error")


@pytest.mark.parametrize("name", ACTS)
def test_a_rule_that_denies_is_heard_at_every_hook(world: World, name: str) -> None:
    hook, prepare = ACTS[name]
    act = prepare(world)
    world.policy("never", hooks=[hook], when="true", effect="deny")

    assert not act()
    assert PolicyDecision.objects.filter(hook=hook).latest("id").reasons[0]["policy"] == "never"


@pytest.mark.parametrize("name", ["agent.call", "action", "memory.write", "data.access by search", "step.result"])
def test_what_a_rule_reads_and_nobody_can_find_out_is_not_decided(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, prepare = ACTS[name]
    act = prepare(world)
    world.policy("curious", hooks=[hook], when="history.tools.size() > 99", effect="deny")
    assert "curious" not in str(PolicyDecision.objects.filter(hook=hook).values_list("reasons"))

    def fail(_: object) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(history.RunHistory, "_called", property(fail))

    assert not act()


def test_an_unknown_hook_is_denied_whatever_the_rules_say(world: World) -> None:
    world.policy("generous", hooks=["agent.call", "action"], when="true", effect="allow")

    assert not unheard_of(world)()


def test_an_unknown_tool_is_denied_whatever_the_rules_say(world: World) -> None:
    world.policy("generous", when="true", effect="allow")
    world.workflow({"id": "s", "action": {"tool": "no.such", "args": {}}})

    assert world.run().status == "failed"
    assert guard_action(world.organization, "echo", "no.such", {}, {}, ANN).decision == "deny"


@pytest.mark.parametrize(
    "context",
    [
        {"sources": "text"},
        {"sources": ["text"]},
        {"sources": [{"tool": "t", "args": "x"}]},
        {"prompt": 5},
        {"prompt": None},
    ],
)
def test_what_an_agent_elsewhere_tells_in_another_shape_is_not_decided_on(
    world: World, context: dict[str, Any]
) -> None:
    world.policy("free", when="true", effect="allow")
    world.policy("origin", when="provenance.untrusted.size() > 0", effect="deny")

    assert guard_action(world.organization, "echo", "mail.send", {"to": "x"}, {"prompt": "p"}, ANN).decision == "allow"
    assert guard_action(world.organization, "echo", "mail.send", {"to": "x"}, context, ANN).decision == "deny"
