"""Everything an admin edits, as documents: read, check, plan, apply, export."""
