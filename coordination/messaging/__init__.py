"""Messages that the agents of a run send each other: kept, found by whom they are for, told by a bell."""
