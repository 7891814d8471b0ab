"""What is open now: observable state (QtCore only)."""
