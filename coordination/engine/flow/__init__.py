"""The run machine and what it is made of."""
