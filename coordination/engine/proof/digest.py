"""What a person approves: the digest of one exact action."""

from coordination.engine.proof.canonical import Canonical, digest_of

DIGEST_VERSION = 1


def action_digest(
    *,
    organization: str,
    agent: str,
    agent_version: int | None,
    on_behalf_of: str,
    operation: str,
    tool_version: int | None,
    resource: str,
    parameters: Canonical,
    idempotency_key: str,
) -> str:
    """Return the digest that binds an approval to who acts, for whom, with what and how often.

    Anything that could change the effect is inside: calls that differ in one of these never share a digest.
    Raises NotCanonical for parameters that have no exact JSON text: such an action cannot be approved.
    """
    return digest_of(
        {
            "v": DIGEST_VERSION,
            "org": organization,
            "agent": agent,
            "agent_version": agent_version,
            "on_behalf_of": on_behalf_of,
            "operation": operation,
            "tool_version": tool_version,
            "resource": resource,
            "parameters": parameters,
            "idempotency_key": idempotency_key,
        }
    )
