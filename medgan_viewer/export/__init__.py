"""What leaves the program, marked synthetic when it is."""
