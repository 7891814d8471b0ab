"""Training data: read from files and folders, brought to one size and range, split by patient."""
