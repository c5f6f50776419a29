"""Work on runs, by name."""

from coordination.shared.jobs import Job

WORK = Job("runs.work")
