"""Networks and their model packages."""
