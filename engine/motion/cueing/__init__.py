"""Cueing: from the motion a guest is to believe in to the motion a seat can make."""
