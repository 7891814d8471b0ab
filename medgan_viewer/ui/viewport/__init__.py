"""One tile: canvas, overlays, the synthetic mark, mouse tools."""
