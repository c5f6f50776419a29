"""From a goal to a plan: what is wanted, who can do what, and in which order it comes about."""
