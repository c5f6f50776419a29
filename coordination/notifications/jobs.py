"""Work on notifications, by name."""

from coordination.shared.jobs import Job

DELIVER = Job("notifications.deliver")
