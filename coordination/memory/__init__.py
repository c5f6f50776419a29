"""Knowledge bases and shared memory."""
