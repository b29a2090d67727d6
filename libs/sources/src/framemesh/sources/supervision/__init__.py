"""Processes of sources, watched and started again."""
