"""Messages between agents, on real servers."""
