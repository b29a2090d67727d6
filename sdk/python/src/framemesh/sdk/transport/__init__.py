"""What does as the core says: the channel to ingest, and a thread or a task that drives it."""
