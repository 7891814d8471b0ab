"""The sliders that steer a generator."""
