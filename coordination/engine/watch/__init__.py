"""See trouble before it costs: one detector a file, each fed what happens, one thing after the other."""
