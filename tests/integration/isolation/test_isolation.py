"""What another organization owns can't be seen, guessed or changed: every address, by its own list of addresses.

Each address that takes an id or a name is asked for something of globex by a member of acme who holds every right, and
must answer exactly as it answers for something that does not exist. An address with a parameter that is not in `OWNED`
fails until it is listed there.
"""

import itertools
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.apps import apps
from django.core import serializers
from django.db import transaction
from django.db.models import QuerySet
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import DjangoDbBlocker

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import MemberRole, Membership, Organization
from coordination.accounts.services import create_token
from coordination.approvals.models import ApprovalRequest, DelegationRule, SecondLook
from coordination.approvals.services import Drawn, Wish, make_delegation, put_up, save_exercise
from coordination.audit.covering import open_stream
from coordination.audit.models import (
    AuditAnchor,
    AuditCheckpoint,
    AuditEvent,
    AuditHold,
    AuditKey,
    AuditSubject,
    WitnessedLog,
)
from coordination.audit.services import Entry, add_anchor, append, place_hold, watch_log
from coordination.engine.proof.merkle import EMPTY_ROOT
from coordination.engine.proof.note import Verifier
from coordination.engine.proof.personal import Told
from coordination.manifests.applying import apply
from coordination.manifests.reading import read
from coordination.memory.models import KnowledgeBase, KnowledgeSource, MemoryEntry
from coordination.memory.services import index_source, remember, upload
from coordination.notifications.models import Delivery, InboxItem, Notice, Webhook
from coordination.notifications.services import add_webhook
from coordination.policies.models import Backtest, PolicyDecision, PolicyVersion
from coordination.policies.services import start_backtest
from coordination.reports.models import Report
from coordination.reports.services import ask_for_report
from coordination.risk.models import RegisteredRisk
from coordination.risk.services import register_risk
from coordination.runs.models import Run, Step
from coordination.runs.services import set_budget, start_run
from coordination.shared.clock import now
from coordination.triggers.services import fire_by_hand, save_trigger
from tests.factories import make_member, make_organization
from tests.working import work_off

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
EVERY_ROLE = [role.value for role in MemberRole]
# Each of these words is part of something globex owns, and of nothing else.
SECRET = "sesame"
WORLD = """
apiVersion: coordination/v1
kind: Role
metadata: {name: sesame-role}
spec: {capabilities: [work], tools: [sesame.send]}
---
apiVersion: coordination/v1
kind: Tool
metadata: {name: sesame.send}
spec: {adapter: {python: tests.acting.send}, input: {type: object}}
---
apiVersion: coordination/v1
kind: Agent
metadata: {name: sesame-agent}
spec: {role: sesame-role, capabilities: [work], adapter: {python: tests.acting.echo}}
---
apiVersion: coordination/v1
kind: Policy
metadata: {name: sesame-policy}
spec:
  rules:
    - {key: ask, title: Ask, statement: A person reads it., when: "true", effect: require_approval,
       hooks: [action], approval: {role: reviewer}}
---
apiVersion: coordination/v1
kind: KnowledgeBase
metadata: {name: sesame-base}
spec: {documents: [{key: sesame-document, title: Opening, text: Say it aloud.}]}
---
apiVersion: coordination/v1
kind: BiasMonitor
metadata: {name: sesame-monitor}
spec: {attributes: [{name: sesame-attribute}]}
---
apiVersion: coordination/v1
kind: Workflow
metadata: {name: sesame-flow}
spec:
  steps:
    - {id: read, agent: {capability: work}, input: {message: sesame}}
    - {id: send, needs: [read], action: {tool: sesame.send, args: {text: sesame}}}
    - id: haggle
      on_error: continue
      negotiate: {protocol: mediated, parties: [{capability: work}], options: [sesame], unsettled: fail}
"""
TRIGGER = {"name": f"{SECRET}-trigger", "workflow": f"{SECRET}-flow", "kind": "webhook"}
RISK = {
    "about_kind": "workflow", "about_name": f"{SECRET}-flow", "title": f"The {SECRET} opens",
    "owner": f"{SECRET}-member",
    "likelihood": 2, "impact": 2, "residual_likelihood": 1, "residual_impact": 1, "review_on": "2026-01-01",
}  # fmt: skip
EXERCISE = {"title": f"The {SECRET} opens", "operation": "sesame.send", "lesson": f"It is {SECRET}."}
# Pages and documents that hold nothing of any organization; allauth's own addresses are its own matter, and a hook is
# for who has its secret, whatever organization they are of.
NOT_OWNED = (
    "accounts/", "api/v1/^schemas", "api/^", "api/v1/policy-library/<", "hooks/", "policy-library/<", "readyz",
    "api/v1/reports/controls/<", "reports/controls/<",
    "witness/", "stops/<",
)  # fmt: skip
# A PUT makes what is not there, in the caller's own organization.
UPSERTS = frozenset(
    {"agents", "roles", "tools", "workflows", "triggers", "policies", "knowledge-bases", "bias-monitors"}
)


class Address(NamedTuple):
    """One address: its pattern, and its parameters by name."""

    pattern: str
    parameters: tuple[str, ...]

    @property
    def room(self) -> str:
        """Return the first word of the path, below the API's prefix."""
        return self.pattern.removeprefix("api/v1/").partition("/")[0]

    def filled(self, values: dict[str, str]) -> str:
        """Return the path with a value for each parameter."""
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], self.pattern)


def addresses(patterns: list[Any] | None = None, before: str = "") -> Iterator[Address]:
    """Yield every address of the product, so that a new one is covered or complains."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        pattern = f"{before}{one.pattern}"
        if pattern.startswith(NOT_OWNED):
            continue
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, pattern)
        elif isinstance(one, URLPattern):
            yield Address(pattern, tuple(re.findall(r"<(?:\w+:)?(\w+)>", pattern)))


ALL = list(addresses())
ABOUT_ONE = [address for address in ALL if address.parameters]
LISTS = [address for address in ALL if not address.parameters]


class Globex:
    """One of each thing that an organization can own."""

    def __init__(self, organization: Organization, run: Run, token_id: Any) -> None:
        self.organization, self.run = organization, run
        approval = ApprovalRequest.objects.get(organization=organization)
        decision = PolicyDecision.objects.filter(organization=organization).latest("id")
        backtest = Backtest.objects.get(organization=organization)
        look = SecondLook.objects.get(organization=organization)
        event = AuditEvent.objects.filter(organization=organization).latest("id")
        brought = KnowledgeSource.objects.get(organization=organization)
        acts = {
            "runs": ["pause", "resume", "retry", "cancel"],
            "agents": ["suspend", "resume"],
            "workflows": ["stop", "resume"],
            "triggers": ["pause", "resume", "rotate", "remove"],
            "bias": ["acknowledge", "mitigate", "look", "probe"],
            "knowledge": ["quarantine", "release"],
            "memory": ["quarantine", "release", "forget"],
            "notifications": ["test", "pause", "resume", "rotate", "remove"],
        }
        names = {"agents": "agent", "roles": "role", "workflows": "flow", "triggers": "trigger", "policies": "policy"}
        self.owned: dict[tuple[str, str], list[str]] = {
            **{(room, "act"): known for room, known in acts.items()},
            **{(room, "name"): [f"{SECRET}-{kind}"] for room, kind in names.items()},
            ("policies", "rule"): ["ask"],
            ("policies", "key"): ["ask"],
            ("policies", "index"): ["0"],
            ("policies", "number"): ["1"],
            ("tools", "name"): [f"{SECRET}.send"],
            ("risk", "risk_id"): [str(RegisteredRisk.objects.get(organization=organization).pk)],
            ("budgets", "whose"): [f"workflow:{SECRET}-flow"],
            ("knowledge-bases", "name"): [f"{SECRET}-base"],
            ("knowledge-bases", "document_id"): [str(brought.documents.get().pk)],
            ("knowledge-bases", "source_id"): [str(brought.pk)],
            ("knowledge", "name"): [f"{SECRET}-base"],
            ("knowledge", "document_id"): [str(brought.documents.get().pk)],
            ("knowledge", "source_id"): [str(brought.pk)],
            ("memory", "entry_id"): [str(MemoryEntry.objects.get(organization=organization).pk)],
            ("bias", "name"): [f"{SECRET}-monitor"],
            ("bias-monitors", "name"): [f"{SECRET}-monitor"],
            ("runs", "run_id"): [str(run.pk)],
            ("runs", "step"): ["send"],
            ("runs", "step_act"): ["retry", "skip", "override", "take-over", "hand-back"],
            ("approvals", "request_id"): [str(approval.pk)],
            ("approvals", "rule_id"): [str(DelegationRule.objects.get(organization=organization).pk)],
            ("approvals", "queue"): [f"group:{SECRET}"],
            ("approvals", "approval_id"): [str(approval.pk)],
            **{(room, "look_id"): [str(look.pk)] for room in ("approvals", "oversight")},
            **{(room, "key"): [f"{SECRET}-exercise"] for room in ("approvals", "oversight")},
            **{(room, "username"): [f"{SECRET}-member"] for room in ("approvals", "oversight")},
            ("negotiations", "step_id"): [str(Step.objects.get(run=run, kind="negotiate").pk)],
            ("decisions", "decision_id"): [str(decision.pk)],
            ("backtests", "backtest_id"): [str(backtest.pk)],
            ("audit", "event_id"): [str(event.pk)],
            ("audit", "record_id"): [str(event.pk)],
            ("audit", "number"): ["4711"],
            ("audit", "anchor_id"): [str(AuditAnchor.objects.get(organization=organization).pk)],
            ("audit", "log_id"): [str(WitnessedLog.objects.get(organization=organization).pk)],
            ("audit", "hold_id"): [str(AuditHold.objects.get(organization=organization).pk)],
            ("audit", "subject_id"): [str(AuditSubject.objects.get(organization=organization).pk)],
            ("reports", "report_id"): [str(Report.objects.get(organization=organization).pk)],
            ("notifications", "item_id"): [str(InboxItem.objects.get(organization=organization).pk)],
            ("notifications", "delivery_id"): [str(Delivery.objects.get(organization=organization).pk)],
            ("notifications", "webhook_id"): [str(Webhook.objects.get(organization=organization).pk)],
            ("webhooks", "webhook_id"): [str(Webhook.objects.get(organization=organization).pk)],
            ("tokens", "token_id"): [str(token_id)],
            ("members", "username"): [f"{SECRET}-member"],
        }
        self.approval = approval

    def values(self, address: Address) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
        """Yield values that name globex's things, each beside values of the same shape that name nothing."""
        choices = [self.owned[address.room, name] for name in address.parameters]
        for chosen in itertools.product(*choices):
            owned = dict(zip(address.parameters, chosen, strict=True))
            nothing = {name: _unknown(name, value) for name, value in owned.items()}
            yield owned, nothing


def _unknown(name: str, value: str) -> str:
    """Return a value of the same shape that names nothing at all."""
    if name in ("act", "step", "step_act"):
        return value
    return str(uuid4()) if len(value) == 36 else value.replace(SECRET, "nobody")


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Globex]:
    """Yield globex, made once for all tests: what each does to it is undone, and all of it in the end."""
    with (
        django_db_blocker.unblock(),
        override_settings(AGENT_MODULES=["tests.acting"]),
        transaction.atomic(),
    ):
        yield make_globex()
        transaction.set_rollback(True)


@pytest.fixture
def globex(standing: Globex, db: None, settings: Any) -> Globex:
    settings.AGENT_MODULES = ["tests.acting"]
    return standing


def make_globex() -> Globex:
    """Return an organization that owns one of each thing."""
    organization = make_organization("globex")
    owner = make_member(organization, f"{SECRET}-member", EVERY_ROLE)
    apply(organization, read(WORLD), SYSTEM)
    run = start_run(organization, f"{SECRET}-flow", {}, actor=Actor.of(owner), title=f"{SECRET} run")
    work_off(run)
    assert Step.objects.get(run=run, key="send").status == "waiting"
    make_member(organization, f"{SECRET}-helper", groups=[SECRET])
    away = {"starts_at": now(), "ends_at": now() + timedelta(days=1), "reason": SECRET}
    make_delegation(owner, Wish(giver=f"{SECRET}-member", taker=f"{SECRET}-helper", **away))
    start_backtest(PolicyVersion.objects.get(policy__organization=organization), Actor.of(owner))
    set_budget(organization, f"{SECRET}-flow", {"calls": 10}, SYSTEM)
    register_risk(organization, RISK, SYSTEM)
    save_trigger(organization, TRIGGER, SYSTEM)
    ask_for_report(organization, now() - timedelta(days=1), now(), Actor.of(owner))
    fire_by_hand(organization, f"{SECRET}-trigger", SYSTEM)
    save_exercise(organization, f"{SECRET}-exercise", EXERCISE, SYSTEM)
    asked = ApprovalRequest.objects.get(organization=organization)
    drawn = Drawn("x", "single", asked.subject, "sesame.send", "low", "approve", request_id=asked.pk)
    put_up(organization, [drawn], timedelta(days=1))
    remember(organization, run_id=None, key=f"{SECRET}-key", value=SECRET, writer="sesame-agent")
    base = KnowledgeBase.objects.get(organization=organization)
    brought = upload(base, f"{SECRET}.txt", [SECRET.encode()], SYSTEM)
    index_source(brought.pk, brought.attempt)
    append(organization.pk, "accounts", SYSTEM, [Entry("MemberSeen", {"who": SECRET})])
    sign_empty_log(organization)
    add_anchor(organization, "file", f"{SECRET}-folder", SYSTEM)
    watch_log(organization, Verifier(f"{SECRET}-log", bytes(32)).text(), SYSTEM)
    place_hold(organization, "organization", "", f"{SECRET} inquiry", SYSTEM)
    tell_somebody(organization, owner)
    open_stream(organization.pk, "run:elsewhere", Told((("name", SECRET),), SECRET))
    return Globex(organization, run, create_token(owner, f"{SECRET}-token")[0].pk)


def sign_empty_log(organization: Organization) -> None:
    """Give an organization a checkpoint: the sealer sees nothing of a test's transaction."""
    key = AuditKey.objects.create(public_key=bytes(32), created_at=now())
    AuditCheckpoint.objects.create(
        organization=organization,
        number=4711,
        size=0,
        root=EMPTY_ROOT,
        peaks=b"",
        note=SECRET,
        key=key,
        created_at=now(),
    )


def tell_somebody(organization: Organization, owner: Membership) -> None:
    """Put something into an inbox, and let it fail to leave the house."""
    webhook = add_webhook(organization, {"name": f"{SECRET}-hook", "url": "https://192.0.2.1/"}, SYSTEM)
    notice = Notice.objects.create(
        organization=organization, key=SECRET, topic="stop.pulled", title=SECRET, link="/stops/", at=now()
    )
    InboxItem.objects.create(organization=organization, notice=notice, member=owner)
    Delivery.objects.create(
        organization=organization, notice=notice, webhook=webhook, state="dead", created_at=now(), due_at=now()
    )


@pytest.fixture
def intruder(db: None) -> Membership:
    """Return a member of acme who may do there whatever anyone may."""
    return make_member(make_organization("acme"), "intruder", EVERY_ROLE, groups=["lead", "support"])


@pytest.fixture
def browser(intruder: Membership) -> Client:
    client = Client()
    client.force_login(intruder.user)
    return client


@pytest.fixture
def token(intruder: Membership) -> str:
    return create_token(intruder, "test")[1]


def everything_of(organization: Organization) -> str:
    """Return every row that belongs to an organization, as text."""
    return "\n".join(
        serializers.serialize("json", rows.order_by("pk")) for rows in _tables_of(organization) if rows.exists()
    )


def _tables_of(organization: Organization) -> Iterator[QuerySet[Any]]:
    yield Organization.objects.filter(pk=organization.pk)
    for model in apps.get_models():
        columns = {field.name for field in model._meta.concrete_fields}
        if columns & {"organization", "organization_id"}:
            yield model._default_manager.filter(organization_id=organization.pk)


def ask(client: Client, method: str, path: str, token: str = "", body: Any = None, **headers: str) -> Any:
    """Send one request, as a browser would or with a token."""
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if method == "GET":
        return client.get(path, headers=headers)
    if path.startswith("/api/"):
        return client.generic(method, path, json.dumps(body or {}), "application/json", headers=headers)
    return client.generic(method, path, "reason=x", "application/x-www-form-urlencoded", headers=headers)


def body_for(address: Address) -> dict[str, Any]:
    """Return a body that the address would take, so that nothing but the object itself can be wrong."""
    last = address.pattern.rstrip("/").rpartition("/")[2]
    reason = {"reason": "x"}
    answer = {**reason, "revision": 1}
    bodies: dict[str, dict[str, Any]] = {
        "approve": answer,
        "reject": answer,
        "request-info": answer,
        "escalate": answer,
        "delegate": {**answer, "to": "intruder"},
        "edit": {**answer, "parameters": {"text": "mine"}},
        "return": answer,
        "own-judgement": {"judgement": "unsure", "revision": 1},
        "abstain": answer,
        "break-glass": answer,
        "answer": {"text": "x"},
        "override": {**reason, "output": {}},
        "rollback": {"version": 1},
        "signal": {"name": "nothing"},
        "skip": reason,
        "acknowledge": {"note": "x"},
        "mitigate": {"note": "x"},
        "erase": {"basis": "x"},
        "disclose": reason,
        "retry": reason,
        "pause": reason,
        "resume": reason,
        "suspend": reason,
        "stop": reason,
        "autonomy": {**reason, "level": "asks"},
        "messages": {"text": "x"},
        "verdict": {"quality": "right"},
        "cancel": reason,
    }
    return bodies.get(last, {})


@pytest.mark.parametrize("address", ABOUT_ONE, ids=[address.pattern for address in ABOUT_ONE])
def test_an_address_answers_as_if_the_other_organizations_thing_did_not_exist(
    address: Address, globex: Globex, browser: Client, token: str
) -> None:
    before = everything_of(globex.organization)
    is_api = address.pattern.startswith("api/")
    asked = 0
    for (owned, nothing), method in itertools.product(globex.values(address), METHODS):
        if method == "PUT" and address.room in UPSERTS:
            continue
        answers = [
            ask(Client() if is_api else browser, method, path, token if is_api else "", body_for(address))
            for path in (address.filled(owned), address.filled(nothing))
        ]
        statuses = [answer.status_code for answer in answers]
        # 403 is what an address says that takes no writing at all, whoever writes there.
        assert statuses in ([404, 404], [405, 405], [403, 403]), (method, address.filled(owned), statuses)
        asked += statuses[0] == 404
        texts = [_without(answers[0], owned), _without(answers[1], nothing)]
        assert texts[0] == texts[1]
    assert asked, "no method of this address looked for the object"
    assert everything_of(globex.organization) == before


@pytest.mark.parametrize("address", LISTS, ids=[address.pattern or "overview" for address in LISTS])
def test_a_page_or_list_shows_nothing_of_the_other_organization(
    address: Address, globex: Globex, browser: Client, token: str
) -> None:
    is_api = address.pattern.startswith("api/")
    answer = ask(browser, "GET", f"/{address.pattern}", token if is_api else "")
    # A page that has nothing to show yet leads elsewhere.
    assert answer.status_code in (200, 302, 405)
    shown = answer.getvalue().decode()
    assert SECRET not in shown
    assert str(globex.run.pk) not in shown


@pytest.mark.parametrize("room", sorted(UPSERTS))
def test_a_put_of_a_name_that_the_other_organization_uses_leaves_its_thing_alone(
    room: str, globex: Globex, token: str
) -> None:
    before = everything_of(globex.organization)
    [name] = globex.owned[room, "name"]
    answer = ask(Client(), "PUT", f"/api/v1/{room}/{name}/", token, {"spec": {}})
    assert answer.status_code in (201, 422)
    assert everything_of(globex.organization) == before


@pytest.mark.parametrize(
    "query",
    [
        "runs/?workflow=sesame-flow",
        "runs/?q=sesame",
        "memory/?run={run}",
        "memory/?key=sesame-key",
        "decisions/?run={run}",
        "decisions/?agent=sesame-agent",
        "approvals/?agent=sesame-agent",
        "approvals/?assigned=me",
        "audit/?stream=run:{run}",
        "audit/?object=run:{run}",
    ],
)
def test_a_filter_that_names_the_other_organizations_thing_finds_nothing(
    query: str, globex: Globex, token: str
) -> None:
    answer = ask(Client(), "GET", f"/api/v1/{query.format(run=globex.run.pk)}", token)
    assert answer.json()["results"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("runs/", {"workflow": "sesame-flow", "input": {}}),
        ("guard/", {"agent": "sesame-agent", "action": "sesame.send", "args": {}}),
    ],
)
def test_a_post_that_names_the_other_organizations_thing_is_told_there_is_none(
    path: str, body: dict[str, Any], globex: Globex, token: str
) -> None:
    before = everything_of(globex.organization)
    answers = [ask(Client(), "POST", f"/api/v1/{path}", token, one) for one in (body, _renamed(body))]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"].replace(SECRET, "nobody") == answers[1].json()["detail"]
    assert everything_of(globex.organization) == before


def test_a_stream_of_the_other_organizations_run_is_not_opened(globex: Globex, token: str) -> None:
    path = f"/api/v1/runs/{globex.run.pk}/events/"
    assert ask(Client(), "GET", path, token, Accept="text/event-stream").status_code == 404


def test_a_key_that_the_other_organization_used_gives_nothing_of_its_answer(globex: Globex, token: str) -> None:
    owner = Membership.objects.get(organization=globex.organization, user__username=f"{SECRET}-member")
    theirs = create_token(owner, "other")[1]
    body = {"workflow": f"{SECRET}-flow", "input": {}}
    headers = {"Idempotency-Key": "one"}
    assert ask(Client(), "POST", "/api/v1/runs/", theirs, body, **headers).status_code == 201
    assert ask(Client(), "POST", "/api/v1/runs/", token, body, **headers).status_code == 404


def test_a_session_that_names_the_other_organization_does_not_lead_there(globex: Globex, browser: Client) -> None:
    session = browser.session
    session["organization"] = "globex"
    session.save()
    assert browser.get("/runs/").status_code == 403
    assert browser.get(f"/api/v1/runs/{globex.run.pk}/").status_code in (401, 403)


def test_a_token_of_someone_who_left_opens_nothing(globex: Globex, intruder: Membership, token: str) -> None:
    intruder.delete()
    assert ask(Client(), "GET", "/api/v1/runs/", token).status_code == 401


def test_the_owner_does_see_what_these_tests_ask_for(globex: Globex) -> None:
    owner = Membership.objects.get(organization=globex.organization, user__username=f"{SECRET}-member")
    client, theirs = Client(), create_token(owner, "own")[1]
    client.force_login(owner.user)
    for address in ABOUT_ONE:
        is_api = address.pattern.startswith("api/")
        for owned, _ in globex.values(address):
            answer = ask(Client() if is_api else client, "GET", address.filled(owned), theirs if is_api else "")
            known: tuple[int, ...] = (200, 302, 405) if "token_id" not in address.parameters else (200, 404, 405)
            if address.pattern.endswith(("/proof/", "/pack/", "/report.pdf")):
                # What a test's transaction wrote is not sealed, and no worker makes the pack.
                known = (409, 405)
            assert answer.status_code in known, address.filled(owned)


def _renamed(value: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(value).replace(SECRET, "nobody")))


def _without(answer: Any, values: dict[str, str]) -> str:
    """Return an answer's text without what was asked for and without what differs each time."""
    text = answer.content.decode()
    for value in values.values():
        text = text.replace(value, "…")
    return re.sub(r'value="\w{64}"|"X-CSRFToken": "\w+"|[0-9a-f]{8}-[0-9a-f-]{27}', "…", text)
