"""Figures of pipelines over the last minutes."""
