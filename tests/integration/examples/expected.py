"""What each example of `examples/` comes to, and what people do for it on the way."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Expected:
    """One example: how it ends, what some of its steps come to, and which answers and signals it is given."""

    output: dict[str, Any] | None = None
    status: str = "succeeded"
    error: str = ""
    steps: dict[str, str] = field(default_factory=dict)
    # Who approves what is asked, and which signals are sent.
    approved_by: str = ""
    signals: tuple[tuple[str, Any], ...] = ()
    input: dict[str, Any] = field(default_factory=dict)


EXPECTED: dict[str, Expected] = {
    "action": Expected({"seat": "12A"}),
    "agent": Expected({"words": [3, 3, 3]}),
    "all": Expected({"for": ["all-example-anna", "all-example-cleo"], "against": ["all-example-bert"]}),
    "approval": Expected({"published": "Man bites dog"}, approved_by="rita"),
    "bias": Expected({"granted": True}),
    "budget": Expected({"done": 2, "refused": 2}),
    "compensate": Expected(
        status="failed",
        error="broken",
        steps={"flight": "compensated", "hotel": "compensated", "confirm": "failed"},
    ),
    "fallback": Expected({"answered_by": "the second"}),
    "join-any": Expected({"when_it_began": {"soon": "succeeded", "later": "waiting"}}),
    "loop": Expected({"text": "say it in"}),
    "map": Expected({"words": [2, None, 1, 3], "failed": 1}),
    "needs": Expected({"sum": 5}),
    "negotiate": Expected({"price": "100", "by": "offers"}),
    "negotiate-auction": Expected({"winner": "negotiate-auction-example-sound", "price": 12}),
    "negotiate-mediated": Expected({"by": "mediator", "agreed": "rail"}),
    "negotiate-net": Expected(
        {
            "awarded": {
                "paint": "negotiate-net-example-anna",
                "wire": "negotiate-net-example-bert",
                "tile": "negotiate-net-example-bert",
            },
            "cost": 10,
        }
    ),
    "on-error-continue": Expected({"with_extra": False}, steps={"extra": "failed"}),
    "on-error-escalate": Expected({"attempt": 2}, approved_by="lena"),
    "on-error-fail": Expected(status="failed", error="broken", steps={"answer": "failed", "after": "cancelled"}),
    "race": Expected({"winner": "hare"}),
    "retry": Expected({"attempt": 3}),
    "set": Expected({"result": {"count": 3, "dear": [20, 75], "text": "3 prices in set-example"}}),
    "signal": Expected({"said": "Thank you for 25."}, signals=(("paid", {"amount": 25}),)),
    "timeout": Expected({"answered_by": "the quick one"}),
    "vote": Expected({"winner": "refund", "by": "vote"}),
    "vote-conflict": Expected({"winner": "refund", "by": "person"}, approved_by="rita"),
    "wait-for": Expected({"said": "Good morning."}),
    "wait-until": Expected({"said": "It is time."}),
    "when": Expected({"total": 5, "discounted": False}, steps={"discount": "skipped"}),
    "workflow": Expected({"once": 3, "many": [1, 2]}),
}
