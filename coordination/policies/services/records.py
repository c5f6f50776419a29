"""What every change of a policy leaves behind: an audit record and a ring."""

from coordination.accounts.actors import Actor
from coordination.audit.services import Entry, append
from coordination.policies.models import PolicyVersion
from coordination.shared.json import Json
from coordination.shared.live import ring

STREAM = "policies"


def record(kind: str, version: PolicyVersion, actor: Actor, **details: Json) -> None:
    """Append to the audit log what happened to a version of a policy, and tell the browsers."""
    policy = version.policy
    data: dict[str, Json] = {"version": version.number, "digest": version.digest, **details}
    append(policy.organization_id, STREAM, actor, [Entry(kind, data, object=f"policy:{policy.name}")])
    ring(policy.organization_id, "policies")
