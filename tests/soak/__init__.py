"""Minutes of random work while processes are killed at random: `make soak`."""
