"""Runs, steps and the gate that releases actions."""
