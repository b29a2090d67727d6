"""Sending frames."""
