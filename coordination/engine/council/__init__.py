"""Several opinions, one decision: votes, shared beliefs, and what many answers teach without the truth."""
