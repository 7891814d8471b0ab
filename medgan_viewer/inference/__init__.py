"""Requests in, synthetic frames out; no Qt."""
