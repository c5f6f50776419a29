"""Bias monitors: the list, one of them, and what people say to an alarm."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.audit.models import AuditEvent
from coordination.bias import selectors
from coordination.bias.errors import ReasonMissing
from coordination.bias.models import BiasMonitor
from coordination.insights import services
from coordination.shared.errors import Conflict, NotFound
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.bias import BiasPage
from coordination.web.contexts.bias_monitor import MonitorPage
from coordination.web.paging import numbered

HISTORY = ("BiasStateChanged", "BiasAcknowledged", "BiasMitigated", "BiasPeriodEnded", "BiasMonitorSaved")
_MOST_TOLD = 20
_MOST_LOOKS = 400


@require_safe
@require(Right.READ)
def monitor_list(request: MemberRequest) -> HttpResponse:
    """List monitors by name, with what stands worst."""
    membership = request.membership
    rows, pager = numbered(selectors.monitors(membership.organization), request)
    known = selectors.known_characteristics(membership.organization) if may(membership, Right.BIAS_ATTRIBUTES) else []
    page = BiasPage.of(rows, pager, known, membership, request.get_full_path())
    return fragments.render(request, "bias/list.html", page, parts=("monitors",))


@require_safe
@require(Right.READ)
def monitor_detail(request: MemberRequest, name: str) -> HttpResponse:
    """Show one monitor."""
    return _page(request, selectors.monitor_named(request.membership.organization, name))


@require_POST
@require(Right.BIAS_EDIT)
def answer_monitor(request: MemberRequest, name: str, act: str) -> HttpResponse:
    """Acknowledge or mitigate an alarm, look now, or probe."""
    monitor = selectors.monitor_named(request.membership.organization, name)
    actor, note = Actor.of(request.membership), request.POST.get("note", "")
    try:
        said = _answer(monitor, act, actor, note)
    except ReasonMissing as error:
        return _page(request, monitor, str(error), status=422)
    except (Conflict, NotFound) as error:
        if isinstance(error, NotFound) and error.code == "not-found":
            raise
        messages.error(request, str(error))
        return redirect("bias-monitor", name)
    messages.success(request, said)
    return redirect("bias-monitor", name)


def _answer(monitor: BiasMonitor, act: str, actor: Actor, note: str) -> str:
    match act:
        case "acknowledge":
            services.acknowledge(monitor, actor, note)
            return "Acknowledged. What a breach holds stays held until you say what was done."
        case "mitigate":
            services.mitigate(monitor, actor, note)
            return "Kept. Nothing is held any more, and decisions are counted afresh from now on."
        case "look":
            services.read_decisions(monitor)
            services.look_at(monitor)
            return "Looked."
        case "probe":
            services.start_probe(monitor, actor)
            return "A worker asks the agent now."
    raise NotFound(kind="act", name=act)


def _page(request: MemberRequest, monitor: BiasMonitor, problem: str = "", status: int = 200) -> HttpResponse:
    looks = list(selectors.looks_of(monitor, monitor.period).order_by("-at")[:_MOST_LOOKS])[::-1]
    page = MonitorPage.of(
        monitor,
        looks,
        list(selectors.planned_looks_of(monitor)[:_MOST_TOLD]),
        _history(monitor),
        selectors.probes_of(monitor).first(),
        selectors.decisions_of(monitor).filter(is_outcome_late=True).count(),
        request.membership,
        request.get_full_path() if request.method == "GET" else f"/bias/{monitor.name}/",
        request.GET.get("group", ""),
        problem,
    )
    return fragments.render(request, "bias/detail.html", page, parts=("monitor",), status=status)


def _history(monitor: BiasMonitor) -> list[AuditEvent]:
    return list(selectors.history_of(monitor).filter(kind__in=HISTORY)[:_MOST_TOLD])
