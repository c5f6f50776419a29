"""Work on knowledge, by name."""

from coordination.shared.jobs import Job

# Among the processes that compute: reading and embedding a large file must not hold up runs that wait on the network.
INDEX = Job("memory.index", "cpu")
