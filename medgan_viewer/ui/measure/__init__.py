"""Measurements as a list, with the values of a region; saving and reading them."""
