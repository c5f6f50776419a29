"""A world to look at: two organizations, their people, agents, rules and knowledge, and inquiries that keep coming."""
