"""What waits for whom, and may this person decide it?"""

from coordination.approvals.selectors.authority import (
    asked_of,
    has_abstained,
    is_asked,
    is_requester,
    may_decide,
    names_of,
    stage_for,
)
from coordination.approvals.selectors.figures import QueueCounts, median_decision_s, median_effort_s, queue_counts
from coordination.approvals.selectors.progress import (
    Changed,
    Similar,
    StageProgress,
    changed,
    changes_between,
    progress_of,
    similar_to,
)
from coordination.approvals.selectors.queue import (
    about,
    decided,
    expired_requests,
    get_request,
    open_requests,
    pending_for,
    requests,
    requests_about,
)

__all__ = [
    "Changed",
    "QueueCounts",
    "Similar",
    "StageProgress",
    "about",
    "asked_of",
    "changed",
    "changes_between",
    "decided",
    "expired_requests",
    "get_request",
    "has_abstained",
    "is_asked",
    "is_requester",
    "may_decide",
    "median_decision_s",
    "median_effort_s",
    "names_of",
    "open_requests",
    "pending_for",
    "progress_of",
    "queue_counts",
    "requests",
    "requests_about",
    "similar_to",
    "stage_for",
]
