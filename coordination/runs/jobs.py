"""Work on runs, by name."""

from coordination.shared.jobs import Job

WORK = Job("runs.work")
# An agent answers what a reviewer asked back.
INQUIRE = Job("runs.inquire")
