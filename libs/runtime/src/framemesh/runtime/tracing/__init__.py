"""Spans: what they are, how they are made of times that were taken before, and where they go."""
