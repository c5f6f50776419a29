"""Rings over WebSocket."""
