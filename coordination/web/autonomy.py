"""How far an agent acts by itself, set in the browser."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from coordination.accounts import selectors as people
from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.agents.errors import NotEarned
from coordination.agents.models import Autonomy
from coordination.agents.selectors import agent_named
from coordination.policies.services import ask_about_change
from coordination.runs.services import set_autonomy
from coordination.shared.errors import Conflict
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.autonomy import AutonomyPage
from coordination.web.forms.controls import read_reason


@require(Right.STOP)
def agent_autonomy(request: MemberRequest, name: str) -> HttpResponse:
    """Ask how far an agent acts by itself, and set it; raising it takes who may edit agents."""
    agent = agent_named(request.membership.organization, name)
    if request.method != "POST":
        return fragments.render(request, "agents/autonomy.html", AutonomyPage.of(agent, request.membership))
    level = next((one for one in Autonomy if str(one.value) == request.POST.get("level", "")), None)
    reason, problem = read_reason(request.POST, required=True)
    if problem or level is None:
        page = AutonomyPage.of(agent, request.membership, level, reason, problem or "Please choose a level.")
        return fragments.render(request, "agents/autonomy.html", page, status=422)
    actor = Actor.of(request.membership)
    if level > agent.autonomy:
        people.require(request.membership, Right.AGENT_EDIT)
        ask_about_change(agent.organization, actor, "agent", "autonomy", name)
    try:
        set_autonomy(agent.organization, name, level, actor, reason, despite=request.POST.get("despite") == "on")
        messages.success(request, f"{agent.title or name}: {level.label.lower()}.")
    except NotEarned as error:
        page = AutonomyPage.of(agent, request.membership, level, reason, str(error), asks_despite=True)
        return fragments.render(request, "agents/autonomy.html", page, status=409)
    except Conflict as error:
        messages.error(request, str(error))
    return redirect("agent", name)
