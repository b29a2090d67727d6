"""One thing a file that may be wrong."""
