"""The append-only record and its verification."""
