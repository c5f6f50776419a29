"""Rule sets and the decisions they made."""
