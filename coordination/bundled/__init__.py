"""Real agents that need no network, one readable file each: copy one and make it yours."""
