"""Nodes and workers: what runs where, and bringing it to what should run."""
