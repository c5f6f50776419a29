"""Work on reports, by name."""

from coordination.shared.jobs import Job

# Among the processes that compute: one of them can be killed without harm to anything else.
MAKE = Job("reports.make", "cpu")
