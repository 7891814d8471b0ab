"""How good a model is: figures with intervals, each beside what it is to be compared with."""
