"""Organizations, people, memberships and tokens."""
