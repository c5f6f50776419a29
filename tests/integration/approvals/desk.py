"""A run that asks people before it sends something, and the people."""

from typing import Any

from coordination.accounts.models import Membership
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.question import Manner
from coordination.runs.models import Run
from coordination.runs.services import answer_approval
from tests.integration.runs.conftest import World

SIGNED_IN = Manner(auth="session")
SEND: dict[str, Any] = {
    "id": "send",
    "needs": ["plan"],
    "action": {
        "tool": "mail.send",
        "args": {"text": "${steps.plan.output.text}", "amount": "${steps.plan.output.amount}"},
    },
}
PLAN: dict[str, Any] = {"id": "plan", "agent": {"name": "planner"}}
OVER = {"when": "action.amount > params.limit", "effect": "require_approval", "approval": {"role": "reviewer"}}
LIMIT = {"limit": {"type": "double", "value": 10.0, "title": "Limit"}}


class Desk:
    """An organization whose planner proposes what people decide about."""

    def __init__(self, world: World, **policy: Any) -> None:
        self.world = world
        self.people: dict[str, Membership] = {}
        world.agent("planner", "plan")
        world.policy("limit", **{**OVER, **policy}, params=LIMIT)
        world.workflow(PLAN, SEND)

    def person(self, name: str, *roles: str, groups: tuple[str, ...] = ()) -> Membership:
        """Return a member, who is made if new; a reviewer unless said otherwise."""
        if name not in self.people:
            self.people[name] = self.world.member(name, *(roles or ("reviewer",)), groups=groups)
        return self.people[name]

    def asked(self, **options: Any) -> Run:
        """Return a run that waits for people."""
        run = self.world.run(**options)
        assert run.status == "waiting"
        return run

    def question(self, run: Run) -> ApprovalRequest:
        """Return what was asked last about a run."""
        return ApprovalRequest.objects.filter(subject__startswith=f"run:{run.pk}").latest("id")

    def answer(self, run: Run, who: Membership, verdict: str = "approve", **more: Any) -> ApprovalRequest:
        """Answer the last question of a run, on its present revision."""
        asked = self.question(run)
        given: dict[str, Any] = {"reason": "Seen.", "revision": asked.revision, "manner": SIGNED_IN, **more}
        return answer_approval(who, asked.pk, verdict, **given)
