"""Tiles beside each other, and real against synthetic."""
