"""A run in real time: processes, their care, what an operator sees."""
