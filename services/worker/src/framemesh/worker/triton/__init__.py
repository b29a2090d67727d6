"""Triton Inference Server: starting it, watching over it, calling it."""
