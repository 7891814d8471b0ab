"""Latent-space arithmetic on numpy vectors; knows no network."""
