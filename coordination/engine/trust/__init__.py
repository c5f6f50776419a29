"""Risk and reliability arithmetic."""
