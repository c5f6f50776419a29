"""Are groups of people treated alike: monitors, what they counted, and what a breach stops."""
