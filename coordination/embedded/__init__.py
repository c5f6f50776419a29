"""PostgreSQL and Valkey from wheels, when no server is configured: the production stack, not a second code path.

Settings see only addresses. Each server has a keeper, a small process that runs it while anybody uses it.
"""

from coordination.embedded.addresses import database_url, redis_url
from coordination.embedded.errors import CannotStart
from coordination.embedded.use import Use, attach, begin

__all__ = ["CannotStart", "Use", "attach", "begin", "database_url", "redis_url"]
