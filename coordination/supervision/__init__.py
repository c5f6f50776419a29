"""Run several processes as one: start, watch, restart and end them together."""
