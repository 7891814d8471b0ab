"""Families of networks: what one batch teaches each."""
