"""What is asked, and of whom."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from coordination.accounts.models import MemberRole
from coordination.approvals.models import Band, Reversibility, TimeoutAction
from coordination.shared.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Stage:
    """Who may decide: the named users, and whoever has both the role and the group; how many must approve.

    An empty role or group asks for none; a stage that names nobody at all asks any reviewer. A `parallel` stage is open
    together with the one before it. So many as `deny_threshold` must object to refuse. With `distinct_units` every vote
    must come from another group; `min_auth` is the weakest sign-in that may approve.
    """

    role: str = ""
    group: str = ""
    users: Sequence[str] = ()
    n_required: int = 1
    parallel: bool = False
    deny_threshold: int = 1
    distinct_units: bool = False
    min_auth: str = ""

    def as_json(self) -> JsonObject:
        """Return the stage as a request keeps it."""
        nobody = not (self.role or self.group or self.users)
        return asdict(self) | {
            "role": MemberRole.REVIEWER.value if nobody else self.role,
            "users": list(self.users),
            "n_required": max(1, self.n_required),
            "deny_threshold": max(1, self.deny_threshold),
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Return a stage as it was kept; what older ones do not say is the default."""
        return cls(**{one.name: kept[one.name] for one in fields(cls) if one.name in kept})


LEAD = Stage(role=MemberRole.REVIEWER.value, group="lead")


def chain_json(stages: Sequence[Stage]) -> list[Json]:
    """Return a chain as a request keeps it: nothing is beside the first stage."""
    kept = [stage.as_json() for stage in stages]
    return [*([kept[0] | {"parallel": False}] if kept else []), *kept[1:]]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a person came to say what they said; `auth` is how they are signed in ("" where nothing is known)."""

    auth: str = ""
    dwell_ms: int | None = None
    evidence_opened: Sequence[str] = ()
    own_judgement: str | None = None
    reason_code: str = ""
    # In whose place they speak, and whether it counts as a vote.
    for_user_id: int | None = None
    is_counted: bool = True
    # The answer that was held and is carried out by this; "" for one that is given now.
    held: str = ""
    # They were told that they are quick, and mean it.
    is_confirmed: bool = False


UNTOLD = Manner()


@dataclass(frozen=True, slots=True)
class Regarded:
    """What policy says of an action as somebody edited it: why and whom it asks, and how much is at stake."""

    stages: Sequence[Stage]
    reasons: Sequence[Mapping[str, Json]]
    policy_decision_id: UUID | None
    risk_score: int | None
    risk_band: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything a person needs to decide about one exact action, and everything its digest binds.

    `subject` is what waits (`run:<uuid>/step:<key>`): it has one open request, a newer one supersedes it.
    """

    subject: str
    title: str
    operation: str
    intent: str = ""
    parameters: JsonObject = field(default_factory=dict)
    tool_version: int | None = None
    resource: str = ""
    idempotency_key: str = ""
    agent: str = ""
    agent_version: int | None = None
    on_behalf_of: str = ""
    requested_by_id: int | None = None
    policy_decision_id: UUID | None = None
    reasons: Sequence[Mapping[str, Json]] = ()
    risk_score: int | None = None
    risk_band: str = Band.MEDIUM
    reversibility: str = Reversibility.REVERSIBLE
    confidence: float | None = None
    evidence: Sequence[Mapping[str, Json]] = ()
    stage: Stage = Stage()
    # Where several stages are asked, in their order; `stage` alone where it is empty.
    stages: Sequence[Stage] = ()
    expires_in: timedelta | None = None
    timeout_action: str = TimeoutAction.DENY
    owners: Sequence[str] = ()
    is_synthetic: bool = False

    @property
    def chain(self) -> Sequence[Stage]:
        """Return who is asked, one stage after the other."""
        return self.stages or (self.stage,)
