"""What is wrong with a workflow, one question a file."""
