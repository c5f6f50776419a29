"""Read text out of files, in a process of its own that may take so much memory and time and no more."""
