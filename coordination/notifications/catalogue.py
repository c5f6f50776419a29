"""What people can be told, and how they are told it unless they say otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass

from coordination.notifications.models import Mail


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of thing that happens; `says` stands before the title of what it is about.

    `is_queued` where it comes to people through a queue that they work off together; `asks` where something is left to
    do that another may do first.
    """

    code: str
    title: str
    says: str
    tone: str = "idle"
    inbox: bool = True
    mail: Mail = Mail.OFF
    is_queued: bool = False
    asks: bool = False
    # It comes with every run: only who names it is told.
    is_frequent: bool = False


_ALL = (
    Topic("approval.asked", "A decision is asked", "Waits for your decision", "wait", mail=Mail.DIGEST,
          is_queued=True, asks=True),
    Topic("approval.answered", "What was asked back is answered", "Was answered and waits again", "wait",
          is_queued=True, asks=True),
    Topic("approval.reminder", "A decision is due soon", "Still waits for you", "wait", mail=Mail.INSTANT,
          is_queued=True, asks=True),
    Topic("approval.escalated", "A decision was put higher up", "Was put to you", "bad", mail=Mail.INSTANT,
          is_queued=True, asks=True),
    Topic("approval.duty", "Nobody decides, and you are on duty", "Nobody decides this", "bad", mail=Mail.INSTANT,
          is_queued=True, asks=True),
    Topic("approval.info", "A reviewer asks you back", "You were asked about it", "wait", mail=Mail.INSTANT),
    Topic("approval.decided", "What you asked for was decided", "Was decided", "human"),
    Topic("approval.expired", "Nobody decided in time", "Lapsed undecided", "bad", mail=Mail.DIGEST, is_queued=True),
    Topic("approval.delegation", "Somebody decides in another's place", "Decisions were handed over", "human"),
    Topic("run.failed", "A run failed", "Failed", "bad"),
    Topic("run.finished", "A run is done", "Is done", "ok", inbox=False, is_frequent=True),
    Topic("agent.suspended", "An agent was suspended", "Was suspended", "bad", mail=Mail.INSTANT),
    Topic("agent.flooding", "An agent asks too often", "Asks people faster than they can read", "bad",
          mail=Mail.INSTANT),
    Topic("stop.pulled", "A workflow or everything was stopped", "Was stopped", "bad", mail=Mail.INSTANT),
    Topic("bias.breach", "A bias monitor found a breach", "Groups fare differently", "bad", mail=Mail.INSTANT),
    Topic("budget.spent", "A budget is used up", "A budget is used up", "bad", mail=Mail.DIGEST),
    Topic("trigger.refused", "A trigger was not allowed to start a run", "May not start its run", "bad"),
    Topic("policy.changed", "Other rules are enforced", "Is enforced in a new version", "human", inbox=False),
    Topic("report.made", "A report is ready", "Is ready", "ok", inbox=False),
    Topic("report.failed", "A report could not be made", "Could not be made", "bad"),
    Topic("audit.alarm", "The audit log raises an alarm", "The audit log raises an alarm", "bad", mail=Mail.INSTANT),
    Topic("webhook.failing", "A webhook does not answer", "Does not answer", "bad"),
)  # fmt: skip
TOPICS: Mapping[str, Topic] = {topic.code: topic for topic in _ALL}
ASKING = tuple(topic.code for topic in _ALL if topic.asks)
# A test of a webhook is of none of them.
TEST = "test"
# From low to high, as they are asked for.
BANDS = ("low", "medium", "high", "critical")


def topic_of(code: str) -> Topic:
    """Return a topic; one that an older version knew speaks for itself."""
    return TOPICS.get(code) or Topic(code, code, code)
