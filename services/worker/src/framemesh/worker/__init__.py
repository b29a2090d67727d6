"""Runs the stages of a pipeline on frames, against its own Triton."""
