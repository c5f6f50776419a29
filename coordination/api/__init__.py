"""The HTTP API: one module per room; views find, parse, call one intent, render."""
