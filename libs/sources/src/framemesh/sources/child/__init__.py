"""The process of one source."""
