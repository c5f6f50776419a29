"""What starts runs by itself: schedules, calls from outside, the end of another run."""
