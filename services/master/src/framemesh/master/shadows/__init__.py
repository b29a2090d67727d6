"""Models that run beside those of a pipeline, on copies of its frames, and how they differ."""
