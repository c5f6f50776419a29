"""Work on bias, by name."""

from coordination.shared.jobs import Job

# It loads a library for statistics: among the processes that compute.
MEASURE = Job("insights.measure_bias", "cpu")
PROBE = Job("insights.probe_bias")
