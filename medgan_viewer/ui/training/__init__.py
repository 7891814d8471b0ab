"""Training models: ordering a run, watching it, steering it."""
