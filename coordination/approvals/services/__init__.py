"""Ask people, take their answers, and let an approval release its action once.

Locks are taken in one order: what waits (by the room that owns it), its requests, then audit streams. A caller that
writes to the audit log as well does so after these functions, or two of them may wait for each other.
"""

from coordination.approvals.services.ask import ask
from coordination.approvals.services.close import cancel_for, expire, expire_due, invalidate
from coordination.approvals.services.consume import consume
from coordination.approvals.services.decide import decide
from coordination.approvals.services.glass import POST_REVIEW, answer_post_review, break_glass
from coordination.approvals.services.triage import answer_info, claim, delegate, escalate, give_info, request_info, say

__all__ = [
    "POST_REVIEW",
    "answer_info",
    "answer_post_review",
    "ask",
    "break_glass",
    "cancel_for",
    "claim",
    "consume",
    "decide",
    "delegate",
    "escalate",
    "expire",
    "expire_due",
    "give_info",
    "invalidate",
    "request_info",
    "say",
]
