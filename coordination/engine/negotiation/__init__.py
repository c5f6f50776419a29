"""Parties that want different things come to an agreement, by rules that a replay repeats exactly."""
