"""Widgets; nothing here computes."""
