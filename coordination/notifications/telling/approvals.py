"""What records about questions to people mean for them."""

from collections.abc import Callable, Mapping
from uuid import UUID

from django.urls import reverse

from coordination.approvals.chain import open_stages
from coordination.approvals.models import ApprovalRequest, State, Verdict
from coordination.approvals.question import Stage
from coordination.approvals.selectors.authority import may_decide, place_of
from coordination.audit.models import AuditEvent
from coordination.notifications.telling.scene import APPROVAL, Scene
from coordination.notifications.telling.told import Meaning, Settled, Told

# What a question has come to, as the end of a sentence about who settled it.
_DONE = {
    State.APPROVED: "approved", State.REJECTED: "rejected", State.RETURNED: "sent back", State.CONSUMED: "approved",
}  # fmt: skip
_CLOSED = {
    "ApprovalExpired": "lapsed",
    "ApprovalCancelled": "no longer wanted",
    "ApprovalSuperseded": "asked again",
    "ApprovalInvalidated": "no longer valid",
    "ApprovalConsumed": "done",
    "ApprovalUnattended": "let through without a person",
}


def read(scene: Scene, record: AuditEvent) -> Meaning:
    """Return what a record about a question means."""
    request = scene.request(record)
    if request is None:
        return Meaning()
    if record.kind in _CLOSED:
        told = [_lapsed(scene, request)] if record.kind == "ApprovalExpired" else []
        return Meaning(told, [Settled(object_of(request), _CLOSED[record.kind])])
    reader = _READERS.get(record.kind)
    return reader(scene, request, record) if reader else Meaning()


def object_of(request: ApprovalRequest) -> str:
    """Return how notices name a question."""
    return f"{APPROVAL}{request.pk}"


def asked_now(scene: Scene, request: ApprovalRequest) -> dict[UUID, str]:
    """Return who may decide a question at this moment, each with the queue that they are asked through."""
    found = {}
    for one in scene.people:
        if may_decide(request, one) is None and (place := place_of(request, one)):
            found[one.pk] = queue_of(place.opened.stage)
    return found


def queue_of(stage: Stage) -> str:
    """Return the queue that a stage asks: its group, or else its role; nothing where it asks people by name."""
    return stage.group or stage.role


def _told(topic: str, request: ApprovalRequest, people: Mapping[UUID, str], key: str = "") -> Told:
    queues = tuple(dict.fromkeys(queue for one in open_stages(request) if (queue := queue_of(one.stage))))
    link = reverse("approval", args=[request.pk])
    return Told(topic, object_of(request), link, people, band=request.risk_band, key=key, queues=queues)


def _asked(scene: Scene, request: ApprovalRequest, _: AuditEvent) -> Meaning:
    """Ask whoever may decide: once for each revision and for the stages that open together."""
    if not request.is_open:
        return Meaning()
    opened = min(one.no for one in open_stages(request))
    while opened and request.chain[opened].get("parallel"):
        opened -= 1
    key = f"{object_of(request)}/asked:{request.revision}.{opened}"
    return Meaning([_told("approval.asked", request, asked_now(scene, request), key)])


def _decided(scene: Scene, request: ApprovalRequest, record: AuditEvent) -> Meaning:
    actor, data = scene.actor(record), record.data
    if data.get("state") in _DONE:
        word = _DONE[State(data["state"])]
        told = [_told("approval.decided", request, _askers(scene, request, record))]
        return Meaning(told, [Settled(object_of(request), f"{word} by {_who(record)}")])
    only = [Settled(object_of(request), "answered by you", only=actor.pk)] if actor else []
    if data.get("verdict") == Verdict.EDIT:
        # What they were asked about is another action now, and they are asked anew.
        only = [Settled(object_of(request), f"edited by {_who(record)}")]
    return Meaning(_asked(scene, request, record).told, only)


def _broken_glass(scene: Scene, request: ApprovalRequest, record: AuditEvent) -> Meaning:
    told = [_told("approval.decided", request, _askers(scene, request, record))]
    return Meaning(told, [Settled(object_of(request), f"approved alone by {_who(record)}")])


def _asked_back(scene: Scene, request: ApprovalRequest, record: AuditEvent) -> Meaning:
    told = [_told("approval.info", request, _askers(scene, request, record))]
    return Meaning(told, [Settled(object_of(request), f"asked back by {_who(record)}")])


def _to_those_named(topic: str) -> Callable[[Scene, ApprovalRequest, AuditEvent], Meaning]:
    """Return a reader that tells whom the record names, or else everyone who may decide now."""

    def reader(scene: Scene, request: ApprovalRequest, record: AuditEvent) -> Meaning:
        if not request.is_open:
            return Meaning()
        people = scene.named(record.data["to"]) if "to" in record.data else asked_now(scene, request)
        return Meaning([_told(topic, request, people)])

    return reader


def _lapsed(scene: Scene, request: ApprovalRequest) -> Told:
    """Tell whoever asked, and those whom it was put to, that nobody decided."""
    put_to = {one.pk: queue_of(place.opened.stage) for one in scene.people if (place := place_of(request, one))}
    return _told("approval.expired", request, put_to | scene.member(request.requested_by_id))


def _askers(scene: Scene, request: ApprovalRequest, record: AuditEvent) -> dict[UUID, str]:
    """Return who asked, and on whose behalf, but not who did what the record tells."""
    _, _, name = request.on_behalf_of.rpartition(":")
    actor = scene.actor(record)
    people = scene.member(request.requested_by_id) | scene.named(name)
    return {one: queue for one, queue in people.items() if actor is None or one != actor.pk}


def _who(record: AuditEvent) -> str:
    return record.actor.partition(":")[2]


_READERS: Mapping[str, Callable[[Scene, ApprovalRequest, AuditEvent], Meaning]] = {
    "ApprovalAsked": _asked,
    # Meanwhile somebody may not have been told, because another was at it.
    "ApprovalLetGo": _asked,
    "ApprovalAnswerTakenBack": _asked,
    "ApprovalInfoGiven": _to_those_named("approval.answered"),
    "ApprovalInfoRequested": _asked_back,
    "ApprovalDecided": _decided,
    "ApprovalGlassBroken": _broken_glass,
    "ApprovalDelegated": _to_those_named("approval.asked"),
    "ApprovalRebalanced": _to_those_named("approval.asked"),
    "ApprovalReminded": _to_those_named("approval.reminder"),
    "ApprovalEscalated": _to_those_named("approval.escalated"),
    "ApprovalDutyCalled": _to_those_named("approval.duty"),
}
KINDS = frozenset({*_READERS, *_CLOSED})
