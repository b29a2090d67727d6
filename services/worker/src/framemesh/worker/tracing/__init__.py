"""Spans of frames and of requests to Triton, made of the times that a worker takes anyway."""
