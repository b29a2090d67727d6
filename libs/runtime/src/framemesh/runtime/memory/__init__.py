"""Streams in the memory of one process, for tests that need no broker."""
