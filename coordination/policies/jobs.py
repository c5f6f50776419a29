"""Work on policies, by name."""

from coordination.shared.jobs import Job

# Among the processes that compute: one of them can be killed without harm to anything else.
BACKTEST = Job("policies.backtest", "cpu")
