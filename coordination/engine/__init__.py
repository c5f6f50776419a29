"""Decide everything that is pure: no Django, no clock, no randomness, no I/O."""
