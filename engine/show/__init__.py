"""The show: the conductor, its inputs and guests, the ways to run it and the report it leaves."""
