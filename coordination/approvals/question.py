"""What is asked, and of whom."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from uuid import UUID

from coordination.accounts.models import MemberRole
from coordination.approvals.models import Band, Reversibility
from coordination.shared.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Stage:
    """Who may decide: the named users, and whoever has both the role and the group; how many must approve.

    An empty role or group asks for none; a stage that names nobody at all asks any reviewer.
    """

    role: str = ""
    group: str = ""
    users: Sequence[str] = ()
    n_required: int = 1

    def as_json(self) -> JsonObject:
        """Return the stage as a request keeps it."""
        nobody = not (self.role or self.group or self.users)
        role = MemberRole.REVIEWER.value if nobody else self.role
        return asdict(self) | {"role": role, "users": list(self.users), "n_required": max(1, self.n_required)}


LEAD = Stage(role=MemberRole.REVIEWER.value, group="lead")


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
    expires_in: timedelta | None = None
