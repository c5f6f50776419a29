"""Agents: the list, one agent, taking it out of work and back, and the form."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.agents.errors import RoleUnknown
from coordination.agents.models import Agent
from coordination.agents.selectors import agent_named, agents, roles
from coordination.agents.services import resume_agent, save_agent, suspend_agent
from coordination.manifests.checking import check
from coordination.policies.services import ask_about_change
from coordination.runs.selectors import agent_day
from coordination.runs.selectors.usage import agent_use, agents_with_last_use, steps_of_agent
from coordination.shared.errors import Conflict, FieldError, NotFound
from coordination.shared.manifests import ManifestInvalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.agents import NEVER_USED, AgentPage, AgentsPage, TurnPage
from coordination.web.contexts.forms import FormPage
from coordination.web.contexts.versions import SHOWN
from coordination.web.forms.agents import agent_fields, agent_in, typed_of_agent
from coordination.web.forms.manifest import Filled
from coordination.web.paging import numbered

LATELY = 5
TURNS = {"suspend": (suspend_agent, "Suspend"), "resume": (resume_agent, "Resume")}
BLANK = {"pool": "io", "timeout": "30s", "priority": "50", "temperature": "0.2", "key_env": "OPENAI_API_KEY"}
TAKEN = "there is an agent of this name already"
CHANGED = "Someone else saved this agent since you opened it; save again to replace what they wrote."


@require_safe
@require(Right.READ)
def agent_list(request: MemberRequest) -> HttpResponse:
    """List agents by name."""
    rows, pager = numbered(agents_with_last_use(request.membership.organization), request)
    use = agent_use(request.membership.organization, [agent.name for agent in rows])
    page = AgentsPage.of(rows, pager, use, request.membership, request.get_full_path())
    return fragments.render(request, "agents/list.html", page, parts=("agents",))


@require_safe
@require(Right.READ)
def agent_detail(request: MemberRequest, name: str) -> HttpResponse:
    """Show one agent: how it does, what it may do, what it did lately."""
    agent = agent_named(request.membership.organization, name)
    page = AgentPage.of(
        agent,
        agent_use(request.membership.organization, [name]).get(name, NEVER_USED),
        agent_day(agent),
        list(steps_of_agent(request.membership.organization, name)[:LATELY]),
        list(agent.versions.order_by("-number")[: SHOWN + 1]),
        request.membership,
    )
    return fragments.render(request, "agents/detail.html", page, parts=("agent",))


@require(Right.STOP)
def turn_agent(request: MemberRequest, name: str, act: str) -> HttpResponse:
    """Suspend or resume an agent; asking first is a page of its own, so that it needs no script."""
    if act not in TURNS:
        raise NotFound(kind="act", name=act)
    agent, (turn, title), problem = agent_named(request.membership.organization, name), TURNS[act], ""
    if request.method == "POST":
        reason = request.POST.get("reason", "").strip()
        if reason or act == "resume":
            try:
                # Taking an agent out of work is never held up by a rule.
                if act == "resume":
                    ask_about_change(agent.organization, Actor.of(request.membership), "agent", act, name)
                turn(request.membership.organization, name, Actor.of(request.membership), reason)
                messages.success(request, f"{title}{'ed' if act == 'suspend' else 'd'}: {agent.title or name}.")
            except Conflict as error:
                messages.error(request, str(error))
            return redirect("agent", name)
        problem = "Please give a reason: it is shown beside the agent and kept on record."
    page = TurnPage(agent, act == "suspend", title, problem)
    return fragments.render(request, "agents/turn.html", page, status=422 if problem else 200)


@require(Right.AGENT_EDIT)
def new_agent(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and make an agent of it."""
    return _form(request, None)


@require(Right.AGENT_EDIT)
def edit_agent(request: MemberRequest, name: str) -> HttpResponse:
    """Offer an agent's form, and save it as its next version."""
    return _form(request, agent_named(request.membership.organization, name))


def _form(request: MemberRequest, agent: Agent | None) -> HttpResponse:
    if request.method != "POST":
        return _page(request, agent, typed_of_agent(agent) if agent else BLANK)
    typed = request.POST.dict() | ({"name": agent.name} if agent else {})
    value, errors = agent_in(typed, agent.labels if agent else {})
    errors += _clashes(request, agent, typed)
    try:
        manifest = check(value)
        if not errors:
            name = manifest.metadata.name
            actor, organization = Actor.of(request.membership), request.membership.organization
            ask_about_change(organization, actor, "agent", "save", name, manifest.spec)
            saved = save_agent(organization, manifest, actor)
            messages.success(request, f"Saved as version {saved.version}.")
            return redirect("agent", saved.name)
    except ManifestInvalid as error:
        errors += [one for one in error.errors if one.pointer not in {wrong.pointer for wrong in errors}]
    except RoleUnknown as error:
        errors.append(FieldError("/spec/role", str(error)))
    return _page(request, agent, typed, errors)


def _clashes(request: MemberRequest, agent: Agent | None, typed: Mapping[str, str]) -> list[FieldError]:
    if agent is None:
        taken = agents(request.membership.organization).filter(name=typed.get("name", "").strip()).exists()
        return [FieldError("/metadata/name", TAKEN)] if taken else []
    return [] if typed.get("version") == str(agent.version) else [FieldError("", CHANGED)]


def _page(
    request: MemberRequest, agent: Agent | None, typed: Mapping[str, str], errors: list[FieldError] | None = None
) -> HttpResponse:
    names = list(roles(request.membership.organization).values_list("name", flat=True))
    filled = Filled.of(agent_fields(names), typed, errors or ())
    if agent:
        page = FormPage.of(filled, reverse("agent", args=[agent.name]), agent.name, agent.version)
    else:
        page = FormPage.of(filled, reverse("agents"))
    return fragments.render(request, "agents/form.html", page, status=422 if errors else 200)
