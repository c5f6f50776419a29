"""Small things every room uses: errors, clock, ids, jobs, rings."""
