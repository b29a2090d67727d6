"""Bringing a model to the master."""
