"""What a report says, made into pages for people and data for machines."""
