"""Benchmarks: one file each, printing JSON lines."""
