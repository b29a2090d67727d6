"""Frames on their way into the buffer of their pipeline."""
