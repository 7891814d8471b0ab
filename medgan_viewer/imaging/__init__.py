"""Pixels as numbers: arrays in, arrays out."""
