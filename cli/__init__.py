"""The command line and the order of the steps; every step's work is in its own room."""
