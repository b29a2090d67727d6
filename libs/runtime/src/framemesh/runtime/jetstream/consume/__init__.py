"""Pulling from consumers, and reading streams in order."""
