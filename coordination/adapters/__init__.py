"""How an agent or a tool is called."""
