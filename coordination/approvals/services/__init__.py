"""Ask people, take their answers, and let an approval release its action once.

Locks are taken in one order: what waits (by the room that owns it), its requests, then audit streams. A caller that
writes to the audit log as well does so after these functions, or two of them may wait for each other.
"""

from coordination.approvals.services.ask import ask
from coordination.approvals.services.calling import call_about, make_calls
from coordination.approvals.services.close import cancel_for, expire, expire_due, invalidate
from coordination.approvals.services.consume import consume
from coordination.approvals.services.decide import decide
from coordination.approvals.services.exercising import place_exercise, save_exercise, turn_exercise
from coordination.approvals.services.glass import POST_REVIEW, answer_post_review, break_glass
from coordination.approvals.services.holding import drop_held, hold, note_refusal, take_back
from coordination.approvals.services.judging import judge_first
from coordination.approvals.services.looking import Drawn, lapse_due, look_again, put_up
from coordination.approvals.services.ruling import change_rules, set_hours, set_part
from coordination.approvals.services.sampling import Strata, draw_decided, held_place
from coordination.approvals.services.sharing import share_out, share_out_in
from coordination.approvals.services.standing_in import Wish, end_delegation, make_delegation
from coordination.approvals.services.terms import change_terms
from coordination.approvals.services.triage import (
    answer_info,
    claim,
    delegate,
    escalate,
    give_info,
    let_go,
    request_info,
    say,
)

__all__ = [
    "POST_REVIEW",
    "Drawn",
    "Strata",
    "Wish",
    "answer_info",
    "answer_post_review",
    "ask",
    "break_glass",
    "call_about",
    "cancel_for",
    "change_rules",
    "change_terms",
    "claim",
    "consume",
    "decide",
    "delegate",
    "draw_decided",
    "drop_held",
    "end_delegation",
    "escalate",
    "expire",
    "expire_due",
    "give_info",
    "held_place",
    "hold",
    "invalidate",
    "judge_first",
    "lapse_due",
    "let_go",
    "look_again",
    "make_calls",
    "make_delegation",
    "note_refusal",
    "place_exercise",
    "put_up",
    "request_info",
    "save_exercise",
    "say",
    "set_hours",
    "set_part",
    "share_out",
    "share_out_in",
    "take_back",
    "turn_exercise",
]
