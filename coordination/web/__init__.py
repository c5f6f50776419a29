"""The pages: find, parse, call one intent, render."""
