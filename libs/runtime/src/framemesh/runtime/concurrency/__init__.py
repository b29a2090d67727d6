"""Structured concurrency: background tasks, cancellation, bounds on work in progress."""
