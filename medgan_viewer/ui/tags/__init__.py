"""The tag browser: elements of one file, or of two side by side."""
