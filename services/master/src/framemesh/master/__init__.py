"""Keeps the desired state and brings the real one to it."""
