"""Real against synthetic: numbers and rules."""
