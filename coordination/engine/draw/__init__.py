"""Graphs and series as coordinates."""
