"""Frames that are settled: on record together, and answered."""
