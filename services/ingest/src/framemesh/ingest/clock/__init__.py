"""The clocks of cameras, by the clock of ingest."""
