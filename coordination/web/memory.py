"""What agents and people wrote down for others: the list, one entry, and taking back many at once."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.memory import selectors, services
from coordination.memory.errors import MemoryChanged
from coordination.memory.models import MemoryEntry
from coordination.memory.services import Rollback
from coordination.shared.errors import FieldError, NotFound
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.knowledge import ActPage
from coordination.web.contexts.memory import MemoryEntryPage, MemoryPage, RollbackPage
from coordination.web.forms import knowledge as forms
from coordination.web.forms.manifest import Filled
from coordination.web.knowledge import runs_of
from coordination.web.paging import newest_first

TURNS = {
    "quarantine": ("Quarantine", "From now on nobody reads it. Which runs used it stays on record."),
    "release": ("Release", "Agents read it again. Say that you have read it."),
    "forget": ("Forget", "It and everything that it said before is gone. Which runs used it stays on record."),
}
DONE = {"quarantine": "In quarantine.", "release": "Released.", "forget": "Forgotten."}


@require_safe
@require(Right.READ)
def memory_list(request: MemberRequest) -> HttpResponse:
    """List what is remembered beyond a run, the newest first."""
    organization = request.membership.organization
    agent = request.GET.get("agent", "")[:63]
    held = request.GET.get("only") == "held"
    found = selectors.lasting(organization, agent=agent, held=held)
    rows, pager = newest_first(found, request)
    page = MemoryPage.of(rows, pager, agent, held, request.get_full_path())
    return fragments.render(request, "memory/list.html", page, parts=("entries",))


@require_safe
@require(Right.READ)
def memory_entry(request: MemberRequest, entry_id: UUID) -> HttpResponse:
    """Show one entry: what it says, what it said before, which runs used it."""
    organization = request.membership.organization
    entry = selectors.entry(organization, entry_id)
    readers = selectors.readers_of(organization, [entry.pk])
    runs = runs_of(request, [*(one.run_id for one in readers), *filter(None, [entry.written_in])])
    page = MemoryEntryPage.of(entry, list(entry.versions.all()[:50]), readers, runs, request.membership)
    return fragments.render(request, "memory/detail.html", page)


@require(Right.MEMORY_EDIT)
def turn_memory(request: MemberRequest, entry_id: UUID, act: str) -> HttpResponse:
    """Quarantine an entry, release it, forget it, or bring back what it said."""
    entry = selectors.entry(request.membership.organization, entry_id)
    number = act.removeprefix("restore-")
    is_restore = act.startswith("restore-") and number.isdecimal() and len(number) < 9
    if act not in TURNS and not is_restore:
        raise NotFound(kind="act", name=act)
    back = reverse("memory-entry", args=[entry.pk])
    if request.method != "POST":
        title, explanation = TURNS.get(act, (f"Go back to version {number}", "What it says now stays in its history."))
        page = ActPage(title, entry.key, explanation, back, act in ("quarantine", "forget"))
        return fragments.render(request, "knowledge/turn.html", page)
    try:
        _turn(request, entry, act, int(number) if is_restore else 0)
    except MemoryChanged as error:
        messages.error(request, str(error))
        return redirect("memory")
    messages.success(request, DONE.get(act, f"Back at what version {number} said."))
    return redirect("memory") if act == "forget" else redirect(back)


@require(Right.MEMORY_EDIT)
def memory_rollback(request: MemberRequest) -> HttpResponse:
    """Show what would be taken back, and take it back when asked to."""
    given = (request.POST if request.method == "POST" else request.GET).dict()
    wanted, errors = _wanted(request, given)
    organization = request.membership.organization
    filled = Filled.of(forms.ROLLBACK, given, errors)
    if request.method == "POST" and not errors:
        turns = services.roll_back(organization, wanted, given.get("reason", "")[:500], Actor.of(request.membership))
        messages.success(request, f"{len(turns)} taken back." if turns else "There was nothing to take back.")
        return redirect("memory-rollback")
    turns = services.plan_rollback(organization, wanted)
    page = RollbackPage.of(turns, filled, given.get("used", ""), wanted)
    return fragments.render(request, "memory/rollback.html", page, status=422 if errors else 200)


def _turn(request: MemberRequest, entry: MemoryEntry, act: str, number: int) -> None:
    organization, actor = request.membership.organization, Actor.of(request.membership)
    reason = request.POST.get("reason", "").strip()[:500]
    if act == "quarantine":
        services.quarantine_memory(organization, entry, reason, actor)
    elif act == "release":
        services.release_memory(organization, entry, reason, actor)
    elif act == "forget":
        services.forget(organization, entry, reason, actor)
    else:
        services.restore_version(organization, entry, number, reason, actor)


def _wanted(request: MemberRequest, given: dict[str, str]) -> tuple[Rollback, list[FieldError]]:
    """Return what is to be taken back: what runs left that used something, a run, or a writer's."""
    since = forms.day_in(given.get("since", ""))
    errors = [since] if isinstance(since, FieldError) else []
    named = {name: given[name].strip() for name in ("used", "run", "writer") if given.get(name, "").strip()}
    if len(named) > 1:
        errors.append(FieldError("/writer", "name a writer or a run, not both"))
    try:
        if "used" in named:
            used = selectors.runs_that_used(request.membership.organization, [UUID(named["used"])])
            return Rollback(tuple(used)), errors
        if "run" in named:
            return Rollback((UUID(named["run"]),)), errors
    except ValueError:
        return Rollback(), [*errors, FieldError("/run", "write the identifier of a run")]
    return Rollback(writer=named.get("writer", ""), since=None if isinstance(since, FieldError) else since), errors
