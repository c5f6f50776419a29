"""A demo ledger that moves no money: it gives a receipt for a refund, always the same for the same call.

Replace it by your payment provider's API; like this one, give it the idempotency key.
Arguments: {order, amount, reason}. Answer: {receipt, order, amount, ledger}.
"""

import hashlib
import math

from coordination.adapters.ports import AgentFailed, ToolContext, tool
from coordination.shared.json import Json


@tool
def refund(args: dict[str, Json], context: ToolContext) -> dict[str, Json]:
    """Give the receipt of a refund."""
    order, amount = str(args.get("order") or "").strip(), args.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not math.isfinite(amount) or amount <= 0:
        raise AgentFailed("bad-arguments", "The amount of a refund must be a number above zero.")
    if not order:
        raise AgentFailed("bad-arguments", "A refund needs an order.")
    digest = hashlib.sha256(context.idempotency_key.encode()).hexdigest()
    return {"receipt": f"RF-{digest[:12].upper()}", "order": order, "amount": amount, "ledger": "demo"}
