"""A trigger starts nothing that policies do not let start."""

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.engine.manifest import Manifest, Metadata
from coordination.policies.models import PolicyDecision
from coordination.policies.services import publish, save_draft
from tests.integration.triggers.conftest import World


def test_what_policies_refuse_is_told_and_on_record_and_the_next_occasion_is_tried(world: World) -> None:
    rule = {"key": "no", "statement": "Not now.", "hooks": ["run.start"], "when": "true", "effect": "deny"}
    said = Manifest(kind="Policy", metadata=Metadata(name="closed"), spec={"rules": [rule]})
    draft = save_draft(world.organization, said, SYSTEM)
    world.trigger("interval", {"every": "1h"})
    publish(draft.policy, draft.number, SYSTEM)
    world.later(hours=1)

    assert world.tick() == ["refused"]

    assert world.reasons() == ["Policy does not allow this: Not now."]
    assert world.runs() == []
    decision = PolicyDecision.objects.get()
    assert (decision.hook, decision.outcome, decision.run_id) == ("run.start", "deny", None)
    assert AuditEvent.objects.get(kind="ActDenied").actor == "trigger:nightly"
