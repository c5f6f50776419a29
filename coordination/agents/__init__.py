"""Agents, roles, tools and their versions."""
