"""How the program gets onto a computer: system libraries, and installers without Python."""
