"""The study index: what was opened, kept between runs of the program."""
